// Colour is decided once: flag > JOBCTL_COLOR > NO_COLOR > FORCE_COLOR > whether the stream is a terminal. Only named colours, never alone.
import type { ColorMode } from '../../config/keys.ts';
import type { Env } from '../../config/paths.ts';
import type { Tone } from '../../core/model/tone.ts';

export type Style = (tone: Tone, text: string) => string;

export const plainStyle: Style = (_tone, text) => text;

export const wantsColor = (mode: ColorMode, env: Env, isTTY: boolean): boolean => {
  if (mode !== 'auto') return mode === 'always';
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTTY && env.TERM !== 'dumb';
};

export const createStyle = async (colored: boolean): Promise<Style> => {
  if (!colored) return plainStyle;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const paint: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    dim: chalk.dim,
    bold: chalk.bold,
    good: chalk.green,
    bad: chalk.red,
    busy: chalk.cyan,
    waiting: chalk.yellow,
  };
  return (tone, text) => paint[tone](text);
};

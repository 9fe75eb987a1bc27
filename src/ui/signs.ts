// Signs beside words, so that nothing is told by colour alone; plain letters where the terminal has no others.
import type { JobState } from '../core/model/job.ts';

const UNICODE = {
  ...{ running: '●', pending: '○', succeeded: '✓', retrying: '↻', failed: '✗', cancelled: '-', dlq: '▣', paused: '⏸' },
  ...{ up: '●', down: '✗', silent: '◌', cursor: '▸', mark: '◆', levels: ' ▁▂▃▄▅▆▇█', bar: '█', rest: '░' },
} as const;
const ASCII: { readonly [Name in keyof typeof UNICODE]: string } = {
  ...{ running: '*', pending: 'o', succeeded: '+', retrying: '~', failed: 'x', cancelled: '-', dlq: '#', paused: '=' },
  ...{ up: '*', down: 'x', silent: '?', cursor: '>', mark: '@', levels: ' .:-=+*#%', bar: '#', rest: '.' },
};

let signs: typeof ASCII = UNICODE;

/** Once, before anything is drawn. */
export const chooseSigns = (kind: 'unicode' | 'ascii'): void => {
  signs = kind === 'ascii' ? ASCII : UNICODE;
};

export const isAscii = (): boolean => signs === ASCII;

export const sign = (name: keyof typeof UNICODE): string => signs[name];

export const signed = (state: JobState): string => `${signs[state]} ${state}`;

/** A curve of one line: the highest value is a full block. */
export const sparkline = (values: readonly number[], width: number): string => {
  const shown = values.slice(-width);
  const top = Math.max(...shown, 0);
  const levels = [...signs.levels];
  const level = (value: number): string =>
    levels[
      top === 0 || value <= 0 ? (value === 0 ? 1 : 0) : Math.max(1, Math.ceil((value / top) * (levels.length - 1)))
    ] ?? ' ';
  return shown.map(level).join('').padStart(width);
};

/** How much is left of something. */
export const bar = (share: number, width: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return signs.bar.repeat(full) + signs.rest.repeat(width - full);
};

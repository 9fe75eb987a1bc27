// Puts the configuration together: flag > environment > project file > user file > default. Every value remembers where
// it came from, so that an error and `jobctl config view --origin` can say so.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorText, JobctlError, usageError } from '../core/model/errors.ts';
import { didYouMean } from '../core/model/suggest.ts';
import { CONFIG_KEYS, CONFIG_NAMES, type ConfigName, type ConfigValues } from './keys.ts';
import { type Env, findProjectFile, userConfigFile } from './paths.ts';

export interface ConfigSources {
  /** Texts given as flags, by key. */
  readonly flags: Readonly<Partial<Record<ConfigName, string>>>;
  readonly env: Env;
  readonly cwd: string;
  /** `--config FILE`: read instead of the project's and the user's file. */
  readonly file?: string | undefined;
}

export interface Setting {
  readonly text: string;
  /** For people: `--store`, `JOBCTL_STORE`, a file's path, or `default`. */
  readonly origin: string;
}

export interface Config {
  readonly values: ConfigValues;
  readonly settings: Readonly<Record<ConfigName, Setting>>;
  /** Files that were read, strongest first. */
  readonly files: readonly string[];
}

export const loadConfig = async (sources: ConfigSources): Promise<Config> => {
  const files = configFiles(sources);
  const contents = await Promise.all(files.map(readConfigFile));
  const settings = Object.fromEntries(CONFIG_NAMES.map((name) => [name, pick(name, sources, contents)])) as Record<
    ConfigName,
    Setting
  >;
  const values = Object.fromEntries(CONFIG_NAMES.map((name) => [name, parse(name, settings[name])]));
  return Object.freeze({ values: values as ConfigValues, settings, files });
};

/** Files that exist, strongest first. A file named by hand must exist. */
const configFiles = ({ file, cwd, env }: ConfigSources): readonly string[] => {
  const named = file ?? env.JOBCTL_CONFIG;
  if (named !== undefined) return [resolve(cwd, named)];
  const user = userConfigFile(env);
  return [findProjectFile(cwd), existsSync(user) ? user : null].filter((each) => each !== null);
};

type FileSettings = ReadonlyMap<ConfigName, Setting>;

const readConfigFile = async (file: string): Promise<FileSettings> => {
  const content = await parseYaml(file);
  if (content === null || content === undefined) return new Map();
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw usageError('CONFIG_INVALID', `${file} is not a list of settings`, {
      hint: 'write lines as `store: sqlite:jobs.db`',
    });
  }
  return new Map(
    Object.entries(content).map(([name, value]) => [knownName(name, file), fileSetting(name, value, file)]),
  );
};

const parseYaml = async (file: string): Promise<unknown> => {
  const { parse: parseText } = await import('yaml');
  try {
    return parseText(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw usageError('CONFIG_INVALID', `cannot read the configuration ${file}`, {
      detail: errorText(cause).split('\n')[0] ?? '',
      hint: 'correct the file, or name another one with --config',
      cause,
    });
  }
};

const knownName = (name: string, file: string): ConfigName => {
  const known = CONFIG_NAMES.find((each) => each === name);
  if (known !== undefined) return known;
  throw usageError('CONFIG_INVALID', `unknown setting "${name}" in ${file}`, {
    hint: `${didYouMean(name, CONFIG_NAMES)}known settings: ${CONFIG_NAMES.join(', ')}`,
  });
};

const fileSetting = (name: string, value: unknown, file: string): Setting => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw usageError('CONFIG_INVALID', `setting "${name}" in ${file} is not a single value`, {
      hint: 'write it on one line, as `name: value`',
    });
  }
  const text = String(value);
  return { text: name === 'store' ? besideFile(text, file) : text, origin: file };
};

/** A relative path in a file is meant from that file, wherever the command runs. */
const besideFile = (store: string, file: string): string => {
  const path = /^sqlite:(?!\/|:)(.+)$/.exec(store)?.[1];
  return path === undefined ? store : `sqlite:${resolve(dirname(file), path)}`;
};

const pick = (name: ConfigName, { flags, env }: ConfigSources, files: readonly FileSettings[]): Setting => {
  const flag = flags[name];
  if (flag !== undefined) return { text: flag, origin: `--${name}` };
  const variable = CONFIG_KEYS[name].env;
  const set = env[variable];
  if (set !== undefined && set !== '') return { text: set, origin: variable };
  for (const file of files) {
    const setting = file.get(name);
    if (setting !== undefined) return setting;
  }
  return { text: CONFIG_KEYS[name].fallback(env), origin: 'default' };
};

const parse = (name: ConfigName, { text, origin }: Setting): unknown => {
  try {
    return CONFIG_KEYS[name].parse(text);
  } catch (error) {
    if (!(error instanceof JobctlError)) throw error;
    throw usageError(error.code, `${name}: ${error.message}`, { detail: `from ${origin}`, hint: error.hint ?? '' });
  }
};

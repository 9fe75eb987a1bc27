// Puts the configuration together: flag (and named profile) > environment > current profile > project file > user file > default. Every value remembers where
// it came from, so that an error and `jobctl config view --origin` can say so.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorText, JobctlError, usageError } from '../core/model/errors.ts';
import { didYouMean } from '../core/model/suggest.ts';
import { CONFIG_KEYS, CONFIG_NAMES, type ConfigName, type ConfigValues } from './keys.ts';
import { flagName } from './parse/flag-name.ts';
import { type Env, findProjectFile, userConfigFile } from './paths.ts';

export interface ConfigSources {
  /** Texts given as flags, by key. */
  readonly flags: Readonly<Partial<Record<ConfigName, string>>>;
  readonly env: Env;
  readonly cwd: string;
  /** `--config FILE`: read instead of the project's and the user's file. */
  readonly file?: string | undefined;
  /** `--profile NAME`. */
  readonly profile?: string | undefined;
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
  /** Of these files, strongest first. */
  readonly profiles: readonly { readonly name: string; readonly file: string }[];
  /** The one in force. */
  readonly profile: string | null;
}

export const loadConfig = async (sources: ConfigSources): Promise<Config> => {
  const files = configFiles(sources);
  const contents = await Promise.all(files.map(readConfigFile));
  const chosen = chosenProfile(contents, sources.profile ?? sources.env.JOBCTL_PROFILE);
  const profile = chosen === null ? [] : profileOf(contents, chosen);
  const settings = Object.fromEntries(
    CONFIG_NAMES.map((name) => [name, pick(name, sources, { files: contents, profile })]),
  ) as Record<ConfigName, Setting>;
  const values = Object.fromEntries(CONFIG_NAMES.map((name) => [name, parse(name, settings[name])]));
  const profiles = contents.flatMap((content, index) =>
    [...content.profiles.keys()].map((name) => ({ name, file: files[index] ?? '' })),
  );
  return Object.freeze({ values: values as ConfigValues, settings, files, profiles, profile: chosen });
};

/** Files that exist, strongest first. A file named by hand must exist. */
const configFiles = ({ file, cwd, env }: ConfigSources): readonly string[] => {
  const named = file ?? env.JOBCTL_CONFIG;
  if (named !== undefined) return [resolve(cwd, named)];
  const user = userConfigFile(env);
  return [findProjectFile(cwd), existsSync(user) ? user : null].filter((each) => each !== null);
};

type FileSettings = ReadonlyMap<ConfigName, Setting>;

interface ConfigFile {
  readonly settings: FileSettings;
  readonly profiles: ReadonlyMap<string, FileSettings>;
  /** The profile that is meant when none is named. */
  readonly current: string | null;
}

const chosenProfile = (files: readonly ConfigFile[], named: string | undefined): string | null =>
  named || (files.find(({ current }) => current !== null)?.current ?? null);

/** What each file says of the profile, strongest first. Throws for a name that no file has. */
const profileOf = (files: readonly ConfigFile[], name: string): readonly FileSettings[] => {
  const found = files.flatMap(({ profiles }) => profiles.get(name) ?? []);
  if (found.length > 0) return found;
  const known = files.flatMap(({ profiles }) => [...profiles.keys()]);
  const hint = known.length === 0 ? 'there are none: write them under `profiles:`' : `there are: ${known.join(', ')}`;
  throw usageError('CONFIG_INVALID', `there is no profile "${name}"`, { hint: didYouMean(name, known) + hint });
};

const readConfigFile = async (file: string): Promise<ConfigFile> => {
  const { profiles = {}, current = null, ...settings } = asSettings(await parseYaml(file), file);
  const named = Object.entries(asSettings(profiles, `profiles of ${file}`));
  return {
    settings: settingsOf(settings, file, file),
    profiles: new Map(named.map(([name, given]) => [name, readProfile(name, given, file)])),
    current: current === null ? null : String(current),
  };
};

const readProfile = (name: string, given: unknown, file: string): FileSettings =>
  settingsOf(asSettings(given, `profile "${name}" of ${file}`), file, `${file} (profile ${name})`);

const asSettings = (content: unknown, where: string): Readonly<Record<string, unknown>> => {
  if (content === null || content === undefined) return {};
  if (typeof content === 'object' && !Array.isArray(content)) return content as Readonly<Record<string, unknown>>;
  throw usageError('CONFIG_INVALID', `${where} is not a list of settings`, {
    hint: 'write lines as `store: sqlite:jobs.db`',
  });
};

const settingsOf = (given: Readonly<Record<string, unknown>>, file: string, origin: string): FileSettings =>
  new Map(
    Object.entries(given).map(([name, value]) => [
      knownName(name, file),
      { text: fileText(name, value, file), origin },
    ]),
  );

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

const fileText = (name: string, value: unknown, file: string): string => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw usageError('CONFIG_INVALID', `setting "${name}" in ${file} is not a single value`, {
      hint: 'write it on one line, as `name: value`',
    });
  }
  const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
  return name === 'store' ? besideFile(text, file) : text;
};

/** A relative path in a file is meant from that file, wherever the command runs. */
const besideFile = (store: string, file: string): string => {
  const path = /^sqlite:(?!\/|:)(.+)$/.exec(store)?.[1];
  return path === undefined ? store : `sqlite:${resolve(dirname(file), path)}`;
};

interface Contents {
  readonly files: readonly ConfigFile[];
  readonly profile: readonly FileSettings[];
}

/** A profile that was named on the command line is as good as its settings written there; else variables come first. */
const pick = (
  name: ConfigName,
  { flags, env, profile: named }: ConfigSources,
  { files, profile }: Contents,
): Setting => {
  const flag = flags[name];
  if (flag !== undefined) return { text: flag, origin: flagName(name) };
  const variable = CONFIG_KEYS[name].env;
  const set = env[variable];
  const chosen = profile.flatMap((settings) => settings.get(name) ?? [])[0];
  if (named !== undefined && chosen !== undefined) return chosen;
  if (set !== undefined && set !== '') return { text: set, origin: variable };
  const found = chosen ?? files.flatMap(({ settings }) => settings.get(name) ?? [])[0];
  return found ?? { text: CONFIG_KEYS[name].fallback(env), origin: 'default' };
};

const parse = (name: ConfigName, { text, origin }: Setting): unknown => {
  try {
    return CONFIG_KEYS[name].parse(text);
  } catch (error) {
    if (!(error instanceof JobctlError)) throw error;
    throw usageError(error.code, `${name}: ${error.message}`, { detail: `from ${origin}`, hint: error.hint ?? '' });
  }
};

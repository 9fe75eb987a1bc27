// Every setting as data: its flag, its environment variable, its default and how its text is read.
import { formatDuration, parseDuration } from './parse/duration.ts';
import { oneOf, parseText } from './parse/values.ts';
import { defaultStoreFile, type Env } from './paths.ts';

export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
export const TIME_STYLES = ['relative', 'iso', 'local'] as const;
export type TimeStyle = (typeof TIME_STYLES)[number];
export const COLOR_MODES = ['auto', 'always', 'never'] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** How long a command waits for a store or a worker, ms. */
const TIMEOUT_DEFAULT_MS = 10_000;

export interface ConfigKey<Value> {
  readonly summary: string;
  readonly env: string;
  readonly parse: (text: string) => Value;
  readonly fallback: (env: Env) => string;
}

const key = <Value>(definition: ConfigKey<Value>): ConfigKey<Value> => definition;

export const CONFIG_KEYS = {
  store: key({
    summary: 'where the jobs are: sqlite:FILE or cassandra://HOST,HOST/KEYSPACE?dc=NAME',
    env: 'JOBCTL_STORE',
    parse: parseText,
    fallback: (env) => `sqlite:${defaultStoreFile(env)}`,
  }),
  output: key({
    summary: OUTPUT_FORMATS.join(', '),
    env: 'JOBCTL_OUTPUT',
    parse: oneOf(OUTPUT_FORMATS),
    fallback: () => 'table',
  }),
  time: key({
    summary: `times in tables: ${TIME_STYLES.join(', ')}`,
    env: 'JOBCTL_TIME',
    parse: oneOf(TIME_STYLES),
    fallback: () => 'relative',
  }),
  color: key({
    summary: COLOR_MODES.join(', '),
    env: 'JOBCTL_COLOR',
    parse: oneOf(COLOR_MODES),
    fallback: () => 'auto',
  }),
  timeout: key({
    summary: 'longest wait for a store or a worker, as 10s',
    env: 'JOBCTL_TIMEOUT',
    parse: parseDuration,
    fallback: () => formatDuration(TIMEOUT_DEFAULT_MS),
  }),
  api: key({
    summary: 'where `jobctl api` and `doctor --smoke` find a scheduler',
    env: 'JOBCTL_API',
    parse: parseText,
    fallback: () => 'http://localhost:7070',
  }),
  disposable: key({
    summary: 'yes: chaos may break workers and schedulers of this store although it is on another machine',
    env: 'JOBCTL_DISPOSABLE',
    parse: oneOf(['yes', 'no']),
    fallback: () => 'no',
  }),
  readOnly: key({
    summary: 'yes: what would change something is an error',
    env: 'JOBCTL_READ_ONLY',
    parse: oneOf(['yes', 'no']),
    fallback: () => 'no',
  }),
  apiTokenFile: key({
    summary: 'file that holds the token for the API; empty for none',
    env: 'JOBCTL_API_TOKEN_FILE',
    parse: (text: string) => text.trim(),
    fallback: () => '',
  }),
} as const;

export type ConfigName = keyof typeof CONFIG_KEYS;
export const CONFIG_NAMES = Object.keys(CONFIG_KEYS) as readonly ConfigName[];

/** The settings of one invocation, parsed. */
export type ConfigValues = {
  readonly [Name in ConfigName]: ReturnType<(typeof CONFIG_KEYS)[Name]['parse']>;
};

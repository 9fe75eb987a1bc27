// Where jobctl keeps things: the XDG folders of the user, and the project's jobctl.yaml.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export type Env = Readonly<Record<string, string | undefined>>;

export const PROJECT_FILE = 'jobctl.yaml';
/** Folders looked at on the way up. */
const DEPTH_MAX = 64;

const xdg = (env: Env, name: string, fallback: string): string => {
  const set = env[name];
  // The XDG specification: a relative path there is to be ignored.
  const base = set?.startsWith('/') ? set : join(env.HOME ?? homedir(), fallback);
  return join(base, 'jobctl');
};

/** The store that all commands share when nothing is configured. */
export const defaultStoreFile = (env: Env): string => join(xdg(env, 'XDG_DATA_HOME', '.local/share'), 'jobs.db');

/** What processes leave behind on this machine. */
export const stateFolder = (env: Env): string => xdg(env, 'XDG_STATE_HOME', '.local/state');

/** What is broken on purpose, and what was. */
export const chaosFolder = (env: Env): string => join(stateFolder(env), 'chaos');

/** The workers and schedulers that run on this machine. */
export const membersFolder = (env: Env): string => join(stateFolder(env), 'members');

export const userConfigFile = (env: Env): string => join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'config.yaml');

/** The nearest jobctl.yaml from `folder` up to the root of the git repository, or of the disk. */
export const findProjectFile = (folder: string): string | null => {
  let current = folder;
  for (let depth = 0; depth < DEPTH_MAX; depth += 1) {
    const file = join(current, PROJECT_FILE);
    if (existsSync(file)) return file;
    const parent = dirname(current);
    if (parent === current || existsSync(join(current, '.git'))) return null;
    current = parent;
  }
  return null;
};

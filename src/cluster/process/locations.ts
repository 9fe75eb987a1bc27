// Where clusters of processes keep things: state and data under the XDG state folder, jars under the XDG cache folder.
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Env = Readonly<Record<string, string | undefined>>;

const xdg = (env: Env, name: string, fallback: string): string => {
  const set = env[name];
  // The XDG specification: a relative path there is to be ignored.
  return join(set?.startsWith('/') ? set : join(env.HOME ?? homedir(), fallback), 'jobctl');
};

/** Everything about one cluster: state.json, and a folder for each node. */
export const clusterFolder = (env: Env, name: string): string =>
  join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'clusters', name);

export const jarCache = (env: Env, version: string): string =>
  join(xdg(env, 'XDG_CACHE_HOME', '.cache'), 'cassandra', version);

/** The folders and files of one node. */
export const nodePaths = (folder: string, node: string) => {
  const home = join(folder, node);
  return {
    home,
    conf: join(home, 'conf'),
    storage: join(home, 'storage'),
    /** Further variables of its process, `NAME=VALUE` lines: chaos writes them. */
    environment: join(home, 'environment'),
    logs: join(home, 'logs'),
    /** What the node logs. */
    systemLog: join(home, 'logs/system.log'),
    /** What the JVM prints: why it could not start. */
    console: join(home, 'logs/console.log'),
  } as const;
};
export type NodePaths = ReturnType<typeof nodePaths>;

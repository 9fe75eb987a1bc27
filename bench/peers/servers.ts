// The servers that peers need: Debian's, with data in a folder of this run, on ports of their own, ended by their pids.
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock.ts';
import { logIn, start } from './peer.ts';

const READY_WITHIN_MS = 30_000;
const LOOK_MS = 100;
/** PostgreSQL refuses to run as root. */
const POSTGRES_USER = 'postgres';

export interface Server {
  readonly pid: number;
  readonly port: number;
  end(): Promise<void>;
}

/** What is missing is installed; needs root for that. */
export const installServers = (report: (text: string) => void): void => {
  const missing = [
    ...(which('redis-server') === null ? ['redis-server'] : []),
    ...(postgresFolder() === null ? ['postgresql'] : []),
  ];
  if (missing.length === 0) return;
  report(`installing ${missing.join(' and ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env, stdio: 'ignore' });
};

const which = (program: string): string | null =>
  (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, program))
    .find(existsSync) ?? null;

const postgresFolder = (): string | null => {
  const all = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').toSorted() : [];
  const newest = all.at(-1);
  return newest === undefined ? null : `/usr/lib/postgresql/${newest}/bin`;
};

/** `always`: every write is on disk before it is answered. `default`: as Redis comes, with a snapshot now and then. */
export const startRedis = async (folder: string, sync: 'default' | 'always'): Promise<Server> => {
  const port = await freePort();
  const data = join(folder, `redis-${sync}`);
  mkdirSync(data);
  const durable = sync === 'always' ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--maxmemory-policy', 'noeviction'];
  const child = start('redis-server', [...flags, ...durable], { log: logIn(folder, `redis-${sync}`) });
  await ready(() => execFileSync('redis-cli', ['-p', String(port), 'ping'], { stdio: 'ignore' }));
  return serverOf(child, port);
};

export const startPostgres = async (folder: string): Promise<Server & { readonly connectionString: string }> => {
  const bin = postgresFolder();
  if (bin === null) throw new Error('there is no PostgreSQL');
  const port = await freePort();
  const data = join(folder, 'postgres');
  mkdirSync(data, { mode: 0o700 });
  const { uid, gid } = idsOf(POSTGRES_USER);
  chownSync(data, uid, gid);
  const as = { uid, gid, stdio: 'ignore' } as const;
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'bench', '--auth=trust', '-E', 'UTF8'], as);
  const settings = ['shared_buffers=512MB', 'max_connections=200', 'unix_socket_directories='].flatMap((each) => [
    '-c',
    each,
  ]);
  const child = start(
    'setpriv',
    [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      join(bin, 'postgres'),
      '-D',
      data,
      '-p',
      String(port),
      ...settings,
    ],
    {
      log: logIn(folder, 'postgres'),
    },
  );
  await ready(() =>
    execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' }),
  );
  const server = serverOf(child, port);
  return { ...server, connectionString: `postgres://bench@127.0.0.1:${port}/postgres` };
};

const idsOf = (user: string): { readonly uid: number; readonly gid: number } => {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

const serverOf = (child: ReturnType<typeof start>, port: number): Server => {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ...{ port, pid: child.pid ?? 0 },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT'); // PostgreSQL: at once, but in order
      await ended;
    },
  };
};

const ready = async (ask: () => unknown): Promise<void> => {
  const endsMs = systemClock.monotonicMs() + READY_WITHIN_MS;
  for (;;) {
    try {
      ask();
      return;
    } catch (error) {
      if (systemClock.monotonicMs() > endsMs) throw error;
      await systemClock.sleep(LOOK_MS);
    }
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

// What every queue that is measured can do, whatever it is made of.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchPayload } from '../../src/bench/trace-format.ts';

export type PeerPayload = BenchPayload & { readonly dueMs?: number };

export interface Client {
  /** Resolves once the job is as durable as this queue makes it. */
  submit(payload: PeerPayload, delayMs?: number): Promise<unknown>;
  submitMany(payloads: readonly PeerPayload[]): Promise<unknown>;
  /** Jobs that have succeeded since `clear`. */
  finished(): Promise<number>;
  /** When the last of them was, by the wall clock, where that is known better than by asking. */
  lastFinishedMs?(): number;
  clear(): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface WorkerStart {
  /** Files that it appends to. */
  readonly trace: string;
  readonly log: string;
  /** Jobs at a time. */
  readonly concurrency: number;
}

export interface Peer {
  readonly name: string;
  openClient(): Promise<Client>;
  /** A process that runs jobs of `bench`, and writes down when each was started. */
  startWorker(options: WorkerStart): ChildProcess;
  /** Servers that belong to it, by pid: their memory counts. */
  readonly servers: readonly number[];
}

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** One that lives in a module of this folder: `openClient(config)`, `startWorker(config, ...)`. */
export const modulePeer = (
  module: string,
  { name, config, servers }: Pick<Peer, 'name' | 'servers'> & { readonly config: object },
): Peer => ({
  ...{ name, servers },
  openClient: async () => {
    const { openClient } = (await import(`./${module}.mjs`)) as { openClient(config: object): Promise<Client> };
    return openClient(config);
  },
  startWorker: ({ trace, log, concurrency }) =>
    start(process.execPath, [WORKER, module, JSON.stringify(config), trace, String(concurrency)], { log }),
});

export const start = (
  file: string,
  argv: readonly string[],
  { log, env = {} }: { readonly log: string; readonly env?: Readonly<Record<string, string>> },
): ChildProcess => {
  const output = openSync(log, 'a');
  const child = spawn(file, argv, { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
  closeSync(output);
  return child;
};

export const logIn = (folder: string, name: string): string => join(folder, `${name}.log`);

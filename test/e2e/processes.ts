// The program as its users start it: processes of bin/jobctl.js on a store of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/jobctl.js', import.meta.url));
export const HANDLERS = fileURLToPath(new URL('../../examples/handlers.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  readonly #listeners = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      for (const listener of this.#listeners) listener();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      for (const listener of this.#listeners) listener();
    });
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** What it wrote so far that matches. */
  lines(stream: 'stdout' | 'stderr', pattern: RegExp): readonly string[] {
    return (stream === 'stdout' ? this.#stdout : this.#stderr).split('\n').filter((line) => pattern.test(line));
  }

  /** How often it wrote this. */
  count(stream: 'stdout' | 'stderr', text: string): number {
    return (stream === 'stdout' ? this.#stdout : this.#stderr).split(text).length - 1;
  }

  /** Resolves with the match once what it wrote matches; throws when it ends before. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stream === 'stdout' ? this.#stdout : this.#stderr);
        if (match === null) return;
        this.#listeners.delete(look);
        resolve(match);
      };
      this.#listeners.add(look);
      look();
      void this.ended.then(({ code }) => reject(new Error(`it ended with ${code}: ${this.#stderr}`)));
    });
  }
}

interface WorkerFlags {
  readonly lease?: string;
  /** A handlers file. Default: the examples. */
  readonly handlers?: string;
  /** Serves metrics and health on any free port. */
  readonly metrics?: boolean;
}

/** A folder with a store; whatever still runs is killed in the end. */
export class Sandbox implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'jobctl-e2e-'));
  readonly url: string;
  /** Further variables for its processes. */
  env: Readonly<Record<string, string>> = {};
  readonly #running: Running[] = [];

  readonly #groups: number[] = [];
  #isDisposed = false;

  /** Default: a file of its own. In a test; one that times out never comes to its end, but its processes do. */
  constructor(url?: string) {
    this.url = url ?? `sqlite:${join(this.folder, 'jobs.db')}`;
    onTestFinished(() => this[Symbol.asyncDispose]());
  }

  start(...argv: readonly string[]): Running {
    return this.#spawn(BIN, argv, this.folder);
  }

  /** In the folder of the package, as in a checkout. */
  startNpx(...argv: readonly string[]): Running {
    return this.#spawn('npx', argv, fileURLToPath(new URL('../..', import.meta.url)));
  }

  /** A script, in the folder of the store; what it starts ends with it, whatever happens. */
  shell(script: string, env: Readonly<Record<string, string>>): Promise<Ended> {
    this.env = { ...this.env, ...env };
    const running = this.#spawn('bash', ['-c', script], this.folder, 'group');
    return running.ended;
  }

  #spawn(file: string, argv: readonly string[], cwd: string, kind: 'process' | 'group' = 'process'): Running {
    const env = { ...process.env, HOME: this.folder, JOBCTL_STORE: this.url, NODE_OPTIONS: '', ...this.env };
    const child = spawn(file, argv, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: kind === 'group' });
    const running = new Running(child);
    this.#running.push(running);
    if (kind === 'group' && child.pid !== undefined) this.#groups.push(child.pid);
    return running;
  }

  /** A worker that owns its buckets; its lease is short. */
  async worker(id: string, { lease = '2s', handlers = HANDLERS, metrics = false }: WorkerFlags = {}): Promise<Running> {
    const flags = ['--buckets', '0-15', '--handlers', handlers, '--id', id, '--lease', lease, '--log-format', 'json'];
    const worker = this.start('worker', ...flags, ...(metrics ? ['--metrics-port', '0'] : []));
    await worker.until('stderr', /"event":"bucket.owned"/);
    return worker;
  }

  run(...argv: readonly string[]): Promise<Ended> {
    return this.pipe('', ...argv);
  }

  pipe(stdin: string, ...argv: readonly string[]): Promise<Ended> {
    const running = this.start(...argv);
    running.child.stdin?.end(stdin);
    return running.ended;
  }

  async json<Result>(...argv: readonly string[]): Promise<Result> {
    const { code, stdout, stderr } = await this.run(...argv, '-o', 'json');
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const { child } of this.#running) if (child.exitCode === null) child.kill('SIGKILL');
    for (const group of this.#groups) killGroup(group);
    await Promise.all(this.#running.map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended, and all it started.
  }
};

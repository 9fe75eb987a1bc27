// Runs docker and Compose: the plugin `docker compose`, or the older program `docker-compose`.
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { EXIT, JobctlError, usageError } from '../../core/model/errors.ts';
import type { Env } from '../process/locations.ts';

const COMPOSE_FILE = fileURLToPath(new URL('../../../infra/compose.yaml', import.meta.url));
const PROFILES = ['worker', 'scheduler'];
/** An engine that does not answer within this is not there, ms. */
const PROBE_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 60_000;
const ERROR_LINES_MAX = 8;

interface Ran {
  readonly exitCode?: number | undefined;
  readonly all: string;
  readonly stdout: string;
  readonly timedOut: boolean;
}

export class Engine {
  readonly env: Env;
  #compose: Promise<readonly string[]> | null = null;

  constructor(env: Env) {
    this.env = env;
  }

  /** Throws CLUSTER_RUNTIME_MISSING when no engine answers. */
  async requireAnswer(): Promise<void> {
    const ran = await this.#run(['docker', 'version', '--format', '{{.Server.Version}}'], {}, PROBE_TIMEOUT_MS);
    if (ran.exitCode === 0) return;
    throw usageError('CLUSTER_RUNTIME_MISSING', 'no Docker engine answers', {
      detail: ran.all.trim().split('\n').at(-1) || 'there is no `docker` on the PATH',
      hint: 'start Docker, or do without: jobctl cluster up --runtime process',
    });
  }

  /** stdout. Throws CLUSTER_COMMAND_FAILED. */
  async docker(args: readonly string[], timeoutMs = COMMAND_TIMEOUT_MS): Promise<string> {
    return this.#checked(['docker', ...args], {}, timeoutMs);
  }

  /** Compose on the file in infra/, for one project. `variables` are those of the file. */
  async compose(
    project: string,
    args: readonly string[],
    { variables = {}, timeoutMs = COMMAND_TIMEOUT_MS }: { readonly variables?: Env; readonly timeoutMs?: number } = {},
  ): Promise<string> {
    this.#compose ??= this.#findCompose();
    const profiles = PROFILES.flatMap((profile) => ['--profile', profile]);
    const command = [...(await this.#compose), '-p', project, '-f', COMPOSE_FILE, ...profiles, ...args];
    return this.#checked(command, variables, timeoutMs);
  }

  /** What a container logs, line by line. */
  async *logs(container: string, args: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
    const child = execa('docker', ['logs', ...args, container], {
      env: this.env,
      extendEnv: false,
      reject: false,
      all: true,
      buffer: false,
      cancelSignal: signal,
    });
    for await (const line of child.iterable({ from: 'all' })) yield String(line);
  }

  /** On this terminal; resolves with the exit code. */
  async terminal(args: readonly string[]): Promise<number> {
    const ran = await execa('docker', args, { env: this.env, extendEnv: false, stdio: 'inherit', reject: false });
    return ran.exitCode ?? EXIT.failed;
  }

  async #findCompose(): Promise<readonly string[]> {
    for (const command of [['docker', 'compose'], ['docker-compose']]) {
      const ran = await this.#run([...command, 'version'], {}, PROBE_TIMEOUT_MS);
      if (ran.exitCode === 0) return command;
    }
    throw usageError('CLUSTER_RUNTIME_MISSING', 'Docker answers, but there is no Compose', {
      detail: 'neither `docker compose` nor `docker-compose` works',
      hint: 'install the plugin (Debian: docker-compose-plugin), or do without: jobctl cluster up --runtime process',
    });
  }

  async #checked(command: readonly string[], variables: Env, timeoutMs: number): Promise<string> {
    const ran = await this.#run(command, variables, timeoutMs);
    if (ran.exitCode === 0) return ran.stdout;
    const shown = command
      .join(' ')
      .replace(` -f ${COMPOSE_FILE}`, '')
      .replace(/ --profile \w+/g, '');
    throw new JobctlError('CLUSTER_COMMAND_FAILED', EXIT.unavailable, `\`${shown}\` failed`, {
      detail: ran.timedOut
        ? `no answer within ${timeoutMs / 1_000} s`
        : ran.all.trim().split('\n').slice(-ERROR_LINES_MAX).join('\n'),
      hint: 'the last line says why; the nodes themselves: `jobctl cluster logs`',
    });
  }

  async #run([file = '', ...args]: readonly string[], variables: Env, timeoutMs: number): Promise<Ran> {
    const env = { ...this.env, ...variables };
    const ran = await execa(file, args, { env, extendEnv: false, reject: false, all: true, timeout: timeoutMs });
    return { exitCode: ran.exitCode, all: ran.all ?? '', stdout: ran.stdout ?? '', timedOut: ran.timedOut };
  }
}

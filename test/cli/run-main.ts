// Runs the program in this process, with its outside world as data.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../src/commands/context.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { main } from '../../src/main.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Both stdin and stderr are terminals; stdin answers with `stdin`. */
  readonly terminal?: boolean;
}

/** A folder of its own for one test file: home, working folder and store. */
export class TestHome implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'jobctl-cli-'));
  readonly storeUrl = `sqlite:${join(this.folder, 'jobs.db')}`;

  /** Where commands that can ask a scheduler ask; null = the store. */
  api: string | null = null;

  file(name: string): string {
    return join(this.folder, name);
  }

  async run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
    const { stdin = '', env = {}, cwd = this.folder, terminal = false } = surroundings;
    const written = { stdout: '', stderr: '' };
    const writer = (name: keyof typeof written, isTTY: boolean) => ({
      isTTY,
      write: (text: string) => {
        written[name] += text;
      },
    });
    const io: Io = {
      stdout: writer('stdout', false),
      stderr: writer('stderr', terminal),
      stdin: {
        isTTY: terminal,
        async *[Symbol.asyncIterator]() {
          yield stdin;
        },
      },
      env: { HOME: this.folder, JOBCTL_STORE: this.storeUrl, ...env },
      cwd,
      onSignal: () => () => undefined,
    };
    return { code: await main(this.#withApi(argv), io), ...written };
  }

  #withApi(argv: readonly string[]): readonly string[] {
    const named = COMMANDS.filter(({ name }) => name.split(' ').every((word, index) => argv[index] === word));
    const command = named.toSorted((left, right) => right.name.length - left.name.length)[0];
    if (this.api === null || command === undefined || !('api' in command.options)) return argv;
    return argv.includes('--api') ? argv : [...argv, '--api', this.api];
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The error object that `-o json` prints. */
export const errorOf = ({
  stderr,
}: Ran): { readonly code: string; readonly message: string; readonly detail?: string; readonly hint: string } => {
  const line = stderr.split('\n').find((each) => each.startsWith('{"error":')) ?? '{}';
  return (JSON.parse(line) as { readonly error: ReturnType<typeof errorOf> }).error;
};

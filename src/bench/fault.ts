// A fault while something is measured: `jobctl chaos FAULT`, as a process of its own, told to mend it when the measurement is over.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FaultName } from '../core/model/chaos.ts';
import { EXIT, JobctlError } from '../core/model/errors.ts';

/** Ended before that, unless this process dies: then chaos mends it by itself. */
const LASTS = '10m';
/** Chaos says so of what it has seen. */
const IN_EFFECT = /, after [\d.]+ s\n/;

export class Fault implements AsyncDisposable {
  readonly #child: ChildProcess;
  #said = '';

  private constructor(program: readonly string[], fault: FaultName) {
    const [file = '', ...argv] = program;
    this.#child = spawn(file, [...argv, 'chaos', fault, '--yes', '--duration', LASTS], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true, // a Ctrl-C is for the benchmark, which ends it
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** Resolves once it was seen in effect. Throws BENCH_PROCESS_FAILED with what chaos said. */
  static async start(program: readonly string[], fault: FaultName): Promise<Fault> {
    const started = new Fault(program, fault);
    const seen = new Promise<'seen'>((resolve) => {
      started.#child.stderr?.on('data', () => {
        if (IN_EFFECT.test(started.#said)) resolve('seen');
      });
    });
    if ((await Promise.race([seen, once(started.#child, 'close')])) === 'seen') return started;
    throw started.#failed(`chaos ${fault} was not in effect`);
  }

  /** Resolves once everything is whole again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#child, 'close');
    if (this.#child.exitCode === null) this.#child.kill('SIGINT');
    else return;
    await closed;
    if (this.#child.exitCode !== EXIT.interrupted) throw this.#failed('chaos did not mend what it broke');
  }

  #failed(message: string): JobctlError {
    return new JobctlError('BENCH_PROCESS_FAILED', EXIT.failed, message, {
      detail: this.#said.trim().split('\n').slice(-3).join('\n'),
      hint: 'try the same by hand: jobctl chaos; whatever is left of it: jobctl chaos heal',
    });
  }
}

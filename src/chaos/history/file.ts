// The history as a file: one line for each beginning and each end, as in Jepsen's histories. Every process writes its own, each
// line before what it is about goes on, so that nothing is missing after `kill -9`; together, by time, they are the history.
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { EXIT, errorText, JobctlError } from '../../core/model/errors.ts';
import { History, type Kind, type Operation, Recorder, type Signatures } from './history.ts';

/** One line. */
export interface Entry {
  /** ms: since the machine started, in the file of a process; since the run began, in `history.jsonl`. */
  readonly t: number;
  readonly proc: string;
  readonly type: 'invoke' | Operation['outcome'];
  readonly f: Kind;
  /** Names the operation among those of its process. */
  readonly op: number;
  /** What was given, or what came of it. */
  readonly value: unknown;
}

export class FileRecorder extends Recorder {
  readonly #fd: number;
  readonly #nowMs: () => number;
  readonly #numbers = new WeakMap<object, number>();
  #next = 0;

  /** Throws what the file system does. */
  constructor(file: string, nowMs: () => number) {
    super();
    this.#fd = openSync(file, 'a');
    this.#nowMs = nowMs;
  }

  begin<F extends Kind>(who: string, f: F, given: Signatures[F][0]): Operation<F> {
    const startMs = this.#nowMs();
    const operation: Operation<F> = {
      ...{ f, who, given, start: this.#next, startMs },
      ...{ end: Number.POSITIVE_INFINITY, endMs: Number.POSITIVE_INFINITY, outcome: 'info', result: null },
    };
    this.#numbers.set(operation, this.#next);
    this.#write({ t: startMs, proc: who, type: 'invoke', f, op: this.#next, value: given });
    this.#next += 1;
    return operation;
  }

  end<F extends Kind>(operation: Operation<F>, outcome: Operation['outcome'], result: Signatures[F][1] | null): void {
    const op = this.#numbers.get(operation) ?? -1;
    this.#write({ t: this.#nowMs(), proc: operation.who, type: outcome, f: operation.f, op, value: result });
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Synchronous: the kernel has it before anything else happens, and keeps it when the process is killed. */
  #write(entry: Entry): void {
    writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }
}

/** By time. A last line that was cut off by a full disk or a crash of the machine is left out; any other broken line throws. */
export const readEntries = async (files: readonly string[]): Promise<readonly Entry[]> => {
  const entries: Entry[] = [];
  for (const file of files) {
    const lines = (await readFile(file, 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      if (line === '') continue;
      try {
        entries.push(JSON.parse(line) as Entry);
      } catch (cause) {
        if (index === lines.length - 1) continue;
        throw historyInvalid(`${file}, line ${index + 1}`, errorText(cause));
      }
    }
  }
  return entries.toSorted((left, right) => left.t - right.t);
};

export const historyInvalid = (what: string, detail: string): JobctlError =>
  new JobctlError('CHAOS_HISTORY_INVALID', EXIT.failed, `cannot read ${what}`, {
    detail,
    hint: 'name a folder that `jobctl chaos run --out` wrote',
  });

/** Throws CHAOS_HISTORY_INVALID for an end without its beginning. */
export const historyOf = (entries: readonly Entry[], startWallMs: number): History => {
  let nowMs = 0;
  const history = new History(startWallMs, () => nowMs);
  const open = new Map<string, Operation>();
  for (const { t, proc, type, f, op, value } of entries) {
    nowMs = t;
    const key = `${proc}/${op}`;
    if (type === 'invoke') {
      open.set(key, history.begin(proc, f, value as Signatures[typeof f][0]) as Operation);
      continue;
    }
    const operation = open.get(key);
    if (operation === undefined) throw historyInvalid('the history', `${f} of ${proc} ended before it began`);
    history.end(operation, type, value as Signatures[typeof f][1]);
  }
  return history;
};

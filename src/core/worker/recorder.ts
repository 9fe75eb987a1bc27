// Makes outcomes durable, many at a time: what leads on (retry pointers, markers, dead letters) first, then the truths.
// Outcomes that arrive while a batch is being written form the next one; an idle recorder writes at once.
import { deadLetter, duePassedOver, retryPointer } from '../job/rows.ts';
import type { AttemptRow } from '../model/job.ts';
import { MUTATION_ROWS_MAX } from '../model/limits.ts';
import { packRows } from './mutations.ts';
import type { WorkItem } from './owned-bucket.ts';
import { persist, type Scope } from './scope.ts';

interface Outcome {
  readonly item: WorkItem;
  readonly row: AttemptRow;
}

export interface RecorderHooks {
  /** The outcome is durable. */
  settled(item: WorkItem, row: AttemptRow): void;
  /** The session ended first: whoever owns the bucket next decides about the job. */
  dropped(item: WorkItem): void;
}

export class Recorder {
  readonly #scope: Scope;
  readonly #hooks: RecorderHooks;
  #pending: Outcome[] = [];
  #writing = 0;
  #flushing = false;
  readonly #waiting: (() => void)[] = [];

  constructor(scope: Scope, hooks: RecorderHooks) {
    this.#scope = scope;
    this.#hooks = hooks;
  }

  /** Outcomes that are not durable yet. */
  get size(): number {
    return this.#pending.length + this.#writing;
  }

  record(item: WorkItem, row: AttemptRow): void {
    item.stage = 'recording';
    item.owner.writeBegins();
    this.#pending.push({ item, row });
    if (!this.#flushing) void this.#flush();
  }

  /** Resolves when nothing is left to write. */
  async quiet(): Promise<void> {
    if (this.#flushing) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    await null; // outcomes of the same turn share the first batch
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, MUTATION_ROWS_MAX);
      this.#writing = batch.length;
      const durable = (await this.#writeLeads(batch)) && (await this.#writeTruths(batch));
      this.#writing = 0;
      for (const { item, row } of batch) {
        item.stage = 'settled';
        if (durable) this.#hooks.settled(item, row);
        else this.#hooks.dropped(item);
        item.owner.writeEnds();
      }
    }
    this.#flushing = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** A crash after this and before the truth leaves ghosts, which are dropped when they are read. */
  async #writeLeads(batch: readonly Outcome[]): Promise<boolean> {
    const { store } = this.#scope;
    const pointers = batch.flatMap(({ row }) => [retryPointer(row), duePassedOver(row)]).filter((row) => row !== null);
    const letters = batch.map(({ item, row }) => deadLetter(item.job, row)).filter((row) => row !== null);
    if (pointers.length + letters.length === 0) return true;
    const mutations = packRows([], pointers);
    return persist(this.#scope, 'record', () =>
      Promise.all([
        ...mutations.map((mutation) => store.append(mutation)),
        ...(letters.length === 0 ? [] : [store.deadLetterAppend(letters)]),
      ]),
    );
  }

  #writeTruths(batch: readonly Outcome[]): Promise<boolean> {
    const mutations = packRows(
      batch.map(({ row }) => row),
      [],
    );
    return persist(this.#scope, 'record', () =>
      Promise.all(mutations.map((mutation) => this.#scope.store.append(mutation))),
    );
  }
}

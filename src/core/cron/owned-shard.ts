// The schedules of one shard, in the hands of the scheduler that holds its lock: each is looked at when it has something to do.
// Nothing but the store remembers anything: a scheduler that dies loses no slot and fires none twice.
import type { Submitter } from '../job/submit.ts';
import type { Bucket, FencingToken } from '../model/ids.ts';
import type { ProgressRow } from '../model/schedule.ts';
import type { Scope } from '../worker/scope.ts';
import { OwnedSchedule } from './owned-schedule.ts';

/** Schedules are read again this often, ms: a change takes effect within it. */
const RELOAD_MS = 2_000;
/** Schedules whose slots are decided at the same time. */
const CONCURRENCY = 64;

export interface ShardDeps {
  readonly scope: Scope;
  readonly submitter: Submitter;
  readonly shard: Bucket;
  readonly token: FencingToken;
}

export class OwnedShard {
  readonly shard: Bucket;
  readonly token: FencingToken;
  readonly #deps: ShardDeps;
  readonly #schedules = new Map<string, OwnedSchedule>();
  #progress: ReadonlyMap<string, ProgressRow> = new Map();
  #reloadMs = Number.NEGATIVE_INFINITY;
  #stepping: Promise<number> | null = null;
  #isClosed = false;

  constructor(deps: ShardDeps) {
    this.#deps = deps;
    this.shard = deps.shard;
    this.token = deps.token;
  }

  /** Reads how far earlier owners came. Nothing may be decided before. */
  async load(): Promise<void> {
    const rows = await this.#deps.scope.store.progressList(this.shard);
    this.#progress = new Map(rows.map((row) => [row.schedule, row]));
    await this.#reload();
  }

  /** Decides what is due. Resolves with how long there is nothing to do, ms. Never overlaps: a second call gets the first one's. */
  step(): Promise<number> {
    if (this.#isClosed) return Promise.resolve(RELOAD_MS);
    this.#stepping ??= this.#step().finally(() => {
      this.#stepping = null;
    });
    return this.#stepping;
  }

  /** Nothing is decided any more once it resolves; the next owner need not look at what was. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#stepping?.catch(() => {});
    for (const schedule of this.#schedules.values()) await schedule.close();
  }

  async #step(): Promise<number> {
    const { clock, time } = this.#deps.scope;
    if (clock.monotonicMs() >= this.#reloadMs) await this.#reload();
    const nowMs = time.nowMs();
    const due = [...this.#schedules.values()].filter(({ wakeMs }) => wakeMs <= nowMs).values();
    const lane = async (): Promise<void> => {
      for (const schedule of due) if (!this.#isClosed) await schedule.step(nowMs);
    };
    // All of them, also when one fails: what a lane has begun must be over before anybody looks at its schedule again.
    const lanes = await Promise.allSettled(Array.from({ length: CONCURRENCY }, lane));
    const failed = lanes.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    let nextMs = nowMs + RELOAD_MS;
    for (const { wakeMs } of this.#schedules.values()) nextMs = Math.min(nextMs, wakeMs);
    return Math.max(0, nextMs - time.nowMs());
  }

  async #reload(): Promise<void> {
    const { store, clock, time } = this.#deps.scope;
    const rows = await store.scheduleList(this.shard);
    this.#reloadMs = clock.monotonicMs() + RELOAD_MS;
    const names = new Set(rows.map(({ name }) => name));
    for (const name of this.#schedules.keys()) if (!names.has(name)) this.#schedules.delete(name);
    for (const row of rows) {
      const known = this.#schedules.get(row.name);
      if (known === undefined) {
        this.#schedules.set(row.name, new OwnedSchedule(this.#deps, row, this.#progress.get(row.name)));
      } else if (known.version !== row.version) await known.change(row, time.nowMs());
    }
  }
}

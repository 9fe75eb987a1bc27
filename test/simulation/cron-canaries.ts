// Bugs of schedulers, to be planted.
import type { Canary } from './canary.ts';

const SHARD = 'src/core/cron/owned-shard.ts';

export const CRON_CANARIES: readonly Canary[] = [
  {
    name: 'slots-from-now',
    bug: 'a new owner of a shard begins with the present, and not where the one before stopped',
    world: 'cron',
    seedsMax: 10,
    edits: [
      {
        file: SHARD,
        from: 'Math.max(row.fromMs, progress?.doneToMs ?? 0)',
        to: 'Math.max(row.fromMs, progress === null ? 0 : this.#deps.scope.time.nowMs())',
      },
    ],
  },
  {
    name: 'fires-early',
    bug: 'slots are fired five seconds before their time',
    world: 'cron',
    seedsMax: 5,
    edits: [{ file: SHARD, from: 'const nowMs = time.nowMs();', to: 'const nowMs = time.nowMs() + 5_000;' }],
  },
  {
    name: 'ids-of-one-owner',
    bug: 'the id of a job follows from the owner, too, and what the one before began is not looked at',
    world: 'cron',
    seedsMax: 20,
    edits: [
      { file: SHARD, from: 'numbersOf(text))', to: 'numbersOf(text + this.token))' },
      {
        file: SHARD,
        from: 'if (begun !== undefined) return',
        to: 'if (begun !== undefined && begun.token < 0) return',
      },
    ],
  },
  {
    name: 'clock-of-a-person',
    bug: 'a scheduler whose clock is wrong refuses to submit, for ever',
    world: 'cron',
    seedsMax: 20,
    edits: [{ file: 'src/core/cron/scheduler.ts', from: 'isClockIgnored: true', to: 'isClockIgnored: false' }],
  },
];

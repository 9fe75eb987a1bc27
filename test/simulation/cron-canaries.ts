// Bugs of schedulers, to be planted.
import type { Canary } from './canary.ts';

const SHARD = 'src/core/cron/owned-shard.ts';
const SCHEDULE = 'src/core/cron/owned-schedule.ts';
const FIRING = 'src/core/cron/firing.ts';

export const CRON_CANARIES: readonly Canary[] = [
  {
    name: 'slots-from-now',
    bug: 'a new owner of a shard begins with the present, and not where the one before stopped',
    world: 'cron',
    seedsMax: 10,
    edits: [
      {
        file: SCHEDULE,
        from: 'Math.max(row.fromMs, known?.doneToMs ?? 0)',
        to: 'Math.max(row.fromMs, deps.scope.time.nowMs())',
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
      { file: FIRING, from: 'numbersOf(text))', to: 'numbersOf(text + this.#deps.token))' },
      {
        file: SCHEDULE,
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
  {
    name: 'open-jobs-forgotten',
    bug: 'a new owner of a shard forgets which jobs of its schedules are not over, and how many were fired',
    world: 'cron',
    seedsMax: 30,
    edits: [{ file: SCHEDULE, from: 'if (!isBackfill) this.#fired({ ...run, jobId });', to: '' }],
  },
  {
    name: 'waits-for-ever',
    bug: 'a new owner of a shard forgets the slots that wait for jobs before them',
    world: 'cron',
    seedsMax: 30,
    edits: [{ file: SCHEDULE, from: "if (state === 'buffered') this", to: 'if (run.token < 0) this' }],
  },
  {
    name: 'backfilled-twice',
    bug: 'a backfill does not look what was fired before',
    world: 'cron',
    seedsMax: 30,
    edits: [
      {
        file: 'src/core/cron/backfill-run.ts',
        from: "run === undefined || run.state === 'skipped'",
        to: "run === undefined || run.state === 'fired' || run.state === 'skipped'",
      },
    ],
  },
];

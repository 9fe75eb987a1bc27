// Schedulers are killed again and again: every slot of a schedule is still accounted for, and fired once. For any store.
import { expect } from 'vitest';
import type { Running, Sandbox } from './processes.ts';

interface Audit {
  readonly complete: boolean;
  readonly slots: number;
  readonly fired: number;
  readonly skipped: number;
  readonly missed: number;
  readonly open: number;
}

const LEASE = ['--no-api', '--lease', '2s', '--log-format', 'json'] as const;
/** How long one of the two lives, ms. */
const LIFE_MS = 4_000;

/** Slots of the past. */
const BACKFILLED = 12;

/** Whoever was killed meanwhile: each slot led to one job. */
const backfilled = async (sandbox: Sandbox): Promise<void> => {
  for (;;) if ((await sandbox.json<{ backfill: unknown }>('cron', 'get', 'sums')).backfill === null) break;
  const { items } = await sandbox.json<{ items: readonly { id: string }[] }>('job', 'list', '--type', 'exec');
  const slots: string[] = [];
  for (const { id } of items) {
    const { schedule } = await sandbox.json<{ schedule: { slotAt: string; isBackfill: boolean } }>('job', 'get', id);
    if (schedule.isBackfill) slots.push(schedule.slotAt);
  }
  expect(slots).toHaveLength(BACKFILLED);
  expect(new Set(slots).size).toBe(BACKFILLED);
};

export const cronStory = async (sandbox: Sandbox, { rounds }: { readonly rounds: number }): Promise<void> => {
  let started = 0;
  const start = async (): Promise<Running> => {
    started += 1;
    const scheduler = sandbox.start('scheduler', '--id', `c${started}`, ...LEASE);
    await scheduler.until('stderr', /"event":"session.opened"/);
    return scheduler;
  };
  await sandbox.worker('w1');
  const schedulers = [await start(), await start()];
  const made = await sandbox.json<{ readonly name: string; readonly next: readonly unknown[] }>(
    ...['submit', 'report.build', '--payload', '{"pages":1}', '--cron', '*/1 * * * * *', '--tz', 'Europe/Rome'],
    ...['--name', 'tick', '--overlap', 'allow', '--misfire', 'all'],
  );
  expect(made).toMatchObject({ name: 'tick', zone: 'Europe/Rome' });
  expect(made.next).toHaveLength(3);

  const sums = ['submit', 'exec', '--payload', '{"command":["true"]}', '--cron', '@hourly', '--name', 'sums'];
  await sandbox.json(...sums);
  await sandbox.json('cron', 'backfill', 'sums', '--from', `-${BACKFILLED}h`, '--every', '500ms');

  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, LIFE_MS));
    schedulers.shift()?.child.kill('SIGKILL');
    schedulers.push(await start());
  }
  const audit = async (): Promise<Audit> => sandbox.json<Audit>('cron', 'audit', 'tick');
  /** An audit ends with an error on a gap. */
  const auditUntil = async (isDone: (found: Audit) => boolean): Promise<Audit> => {
    for (;;) {
      const found = await audit();
      if (isDone(found)) return found;
    }
  };
  const found = await auditUntil(({ open }) => open <= 1);
  expect(found).toMatchObject({ complete: true, skipped: 0, missed: 0 });
  expect(found.fired).toBeGreaterThanOrEqual(found.slots - 1);
  expect(found.slots).toBeGreaterThanOrEqual((rounds * LIFE_MS) / 1_000 - 1);

  await backfilled(sandbox);

  // Each of them ran once, and none before its time.
  await sandbox.json('cron', 'pause', 'tick', '--reason', 'enough');
  const after = await auditUntil(({ skipped, open }) => skipped > 0 && open <= 1);
  const { stdout } = await sandbox.run('job', 'list', '--type', 'report.build', '--limit', '1000', '-o', 'name');
  const names = stdout.trim().split('\n');
  const waited = await sandbox.pipe(names.join('\n'), 'job', 'wait', '-', '--wait-timeout', '60s');
  expect(waited.code, waited.stderr).toBe(0);
  expect(after.fired).toBe(names.length);
  expect(new Set(names).size).toBe(names.length);
  expect(await sandbox.json('cron', 'get', 'tick')).toMatchObject({ paused: { reason: 'enough' }, next: [] });

  expect((await sandbox.run('cron', 'delete', 'tick', '--yes')).code).toBe(0);
  expect((await sandbox.run('cron', 'get', 'tick')).code).toBe(3);
};

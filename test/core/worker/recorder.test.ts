// The order in which an outcome becomes durable: what leads on first, then the truth, so that a crash in between loses
// nothing.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/chaos/seeded-random.ts';
import { Session } from '../../../src/core/lock/session.ts';
import type { FencingToken } from '../../../src/core/model/ids.ts';
import type { AttemptRow } from '../../../src/core/model/job.ts';
import type { Mutation, Store } from '../../../src/core/ports/store.ts';
import { StoreTime } from '../../../src/core/store-time.ts';
import { makeItem, OwnedBucket } from '../../../src/core/worker/owned-bucket.ts';
import { Recorder } from '../../../src/core/worker/recorder.ts';
import { openStore } from '../../../src/store/open.ts';
import { attemptRow, bucketOf, fenceOf, jobRow } from '../../support/rows.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Records rows on a store that refuses after `writesMax` writes, and returns what was written, in order. */
const recordUntil = async (writesMax: number, row: (job: ReturnType<typeof jobRow>) => AttemptRow) => {
  const clock = new VirtualClock();
  await using store = await openStore('sqlite::memory:', { wallMs: () => clock.wallMs() });
  const written: string[] = [];
  const count = (name: string): void => {
    if (written.length >= writesMax) throw new Error('the store is gone');
    written.push(name);
  };
  const watched: Store = {
    ...store,
    append: async (mutation: Mutation) => {
      count(mutation.pointers?.length ? 'pointer' : 'truth');
      await store.append(mutation);
    },
    deadLetterAppend: async (rows) => {
      count('letter');
      await store.deadLetterAppend(rows);
    },
  };
  const deps = { store: watched, clock, random: seededRandom(3), events: { emit: () => {} } };
  const session = await Session.open(deps, { leaseMs: 10_000, role: 'worker', address: '' });
  const results: string[] = [];
  const recorder = new Recorder(
    { ...deps, time: new StoreTime(deps), session, memberId: 'w1' },
    { settled: () => results.push('settled'), dropped: () => results.push('dropped') },
  );
  const job = jobRow({ dueMs: clock.wallMs() });
  const owner = new OwnedBucket(bucketOf(3), 1 as FencingToken, null, clock.wallMs());
  recorder.record(makeItem({ owner, job, truth: undefined, foundMs: 0 }), row(job));
  await clock.advance(500);
  const ending = session.end('test');
  await clock.advance(500);
  await ending;
  return { written, results };
};

const retrying = (job: ReturnType<typeof jobRow>) =>
  attemptRow(job, {
    fence: fenceOf(1, 1),
    state: 'retrying',
    endedMs: job.createdMs + 1,
    nextDueMs: job.createdMs + 99,
  });
const dead = (job: ReturnType<typeof jobRow>) =>
  attemptRow(job, { fence: fenceOf(1, 1), state: 'dead', endedMs: job.createdMs + 1, error: 'x' });

test('the retry pointer and the dead letter are durable before the truth', async () => {
  expect(await recordUntil(9, retrying)).toEqual({ written: ['pointer', 'truth'], results: ['settled'] });
  expect(await recordUntil(9, dead)).toEqual({ written: ['letter', 'truth'], results: ['settled'] });
});

test('an outcome that could not be written completely is dropped, not settled', async () => {
  expect(await recordUntil(1, retrying)).toEqual({ written: ['pointer'], results: ['dropped'] });
  expect(await recordUntil(0, dead)).toEqual({ written: [], results: ['dropped'] });
});

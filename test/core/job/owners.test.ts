// Waiting until buckets are where they should be.
import { expect, test } from 'vitest';
import { type OwnerMap, ownersSettle } from '../../../src/core/job/owners.ts';
import { notFoundError, unavailableError } from '../../../src/core/model/errors.ts';
import { bucketOf } from '../../support/rows.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const WAIT_MS = 5_000;
const unanswered = unavailableError('STORE_UNAVAILABLE', 'no answer');

const ownedBy = (owner: string): OwnerMap => ({
  buckets: [{ bucket: bucketOf(0), owner, target: 'b', token: 1, placement: null }],
  drained: [],
});

const wait = async (looks: readonly (OwnerMap | Error)[]) => {
  const clock = new VirtualClock();
  let looked = 0;
  const look = async (): Promise<OwnerMap> => {
    const seen = looks[Math.min(looked, looks.length - 1)] as OwnerMap | Error;
    looked += 1;
    if (seen instanceof Error) throw seen;
    return seen;
  };
  const settling = ownersSettle(clock, look, WAIT_MS);
  settling.catch(() => {});
  await clock.advance(WAIT_MS);
  return { settling, looked: () => looked };
};

test('a store that does not answer for a while is asked again', async () => {
  const { settling, looked } = await wait([ownedBy('a'), unanswered, unanswered, ownedBy('b')]);
  expect(await settling).toEqual({ map: ownedBy('b'), isSettled: true });
  expect(looked()).toBe(4);
});

test('one that does not answer until the end is an error, and so is what asking again will not mend', async () => {
  await expect((await wait([unanswered])).settling).rejects.toBe(unanswered);
  const missing = notFoundError('WORKER_NOT_FOUND', 'no worker', {});
  const { settling, looked } = await wait([missing]);
  await expect(settling).rejects.toBe(missing);
  expect(looked()).toBe(1);
});

test('what has not moved in time is told as it is', async () => {
  expect(await (await wait([ownedBy('a')])).settling).toEqual({ map: ownedBy('a'), isSettled: false });
});

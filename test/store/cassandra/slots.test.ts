// Scans for people do not wait for a replica that hangs: after a second nodes are asked one by one. Owners wait.
import { beforeEach, expect, test, vi } from 'vitest';
import type { Cql, Row } from '../../../src/store/cassandra/client.ts';
import { createSlotScans } from '../../../src/store/cassandra/slots.ts';

beforeEach(({ onTestFinished }) => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

const rows = (...slots: readonly number[]): readonly Row[] =>
  slots.map((slot) => ({ bucket: 3, slot }) as unknown as Row);

/** What the quorum answers, and each node by itself; null: nothing. */
const scansOf = (quorum: Promise<readonly Row[]>, nodes: readonly (readonly Row[] | null)[]) => {
  const eachNode = async (_max: number, ask: (read: () => Promise<readonly Row[]>) => Promise<unknown>) => {
    const answering = nodes.filter((own) => own !== null);
    return Promise.all(answering.map((own) => ask(async () => own)));
  };
  return createSlotScans({ read: () => quorum, eachNode } as unknown as Cql, ['t']);
};

const hanging = (): Promise<never> => new Promise(() => {});
const slotsOf = async (scan: Promise<ReadonlyMap<number, readonly number[]>>) => (await scan).get(3);

test('a quorum that answers is believed, and nobody else asked', async () => {
  const scans = scansOf(Promise.resolve(rows(2, 1)), [rows(9)]);
  expect(await slotsOf(scans.forPeople())).toEqual([1, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test('where it hangs people get what the nodes know together, owners nothing', async () => {
  const scans = scansOf(hanging(), [rows(5, 1), null, rows(1, 3)]);
  const owners = vi.fn();
  void scans.forOwners().then(owners);
  const found = scans.forPeople();
  await vi.advanceTimersByTimeAsync(1_100);
  expect(await slotsOf(found)).toEqual([1, 3, 5]);
  expect(owners).not.toHaveBeenCalled();
});

test('where no node answers either, the error is that of the quorum', async () => {
  const refused = Promise.withResolvers<readonly Row[]>();
  const found = scansOf(refused.promise, [null, null]).forPeople();
  const seen = expect(found).rejects.toThrow('no quorum');
  await vi.advanceTimersByTimeAsync(1_100);
  refused.reject(new Error('no quorum'));
  await seen;
});

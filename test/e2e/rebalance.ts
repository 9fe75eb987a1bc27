// Workers join, are drained, get buckets by hand, die: the buckets follow, and no job is lost. For any store.
import { expect } from 'vitest';
import type { OwnerView } from '../../src/core/job/owners.ts';
import type { Sandbox } from './processes.ts';

const JOBS_PER_ROUND = 40;
const WAIT = ['--wait', '60s'] as const;

interface Owners {
  readonly items: readonly OwnerView[];
}

export const rebalanceStory = async (sandbox: Sandbox): Promise<void> => {
  const names: string[] = [];
  const submit = async (): Promise<void> => {
    const line = JSON.stringify({ type: 'report.build', payload: { pages: 3 } });
    const { stdout, stderr, code } = await sandbox.pipe(`${line}\n`.repeat(JOBS_PER_ROUND), ...SUBMIT);
    expect(code, stderr).toBe(0);
    names.push(...stdout.trim().split('\n'));
  };
  /** Workers by the number of buckets they own. */
  const shares = ({ items }: Owners): Readonly<Record<string, number>> =>
    Object.fromEntries(
      Object.entries(Object.groupBy(items, ({ owner }) => owner ?? '')).map(([who, of]) => [who, of?.length ?? 0]),
    );
  const order = (...argv: readonly string[]): Promise<Owners> => sandbox.json<Owners>('bucket', ...argv, ...WAIT);

  const first = await sandbox.worker('w1');
  await submit();
  await sandbox.worker('w2');
  await submit();
  const joined = await order('move', '0-15', '--to', 'auto');
  expect(Object.keys(shares(joined)).toSorted()).toEqual(['w1', 'w2']);

  const drained = await order('drain', 'w1', '--reason', 'new disk');
  expect(drained.items.length).toBe(shares(joined).w1);
  await submit();
  expect(shares(await sandbox.json<Owners>('bucket', 'owners'))).toEqual({ w2: 16 });
  const refused = await sandbox.run('bucket', 'move', '3', '--to', 'w1');
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain('jobctl bucket drain w1 --undo');

  await order('drain', 'w1', '--undo');
  const moved = await order('move', '0-15', '--to', 'w1', '--reason', 'it is bigger');
  expect(shares(moved)).toEqual({ w1: 16 });
  expect(moved.items[3]?.placement).toMatchObject({ kind: 'pin', worker: 'w1', reason: 'it is bigger' });
  await submit();

  first.child.kill('SIGKILL'); // the pin stays, and counts for nothing
  await first.ended;
  await submit();
  const waited = await sandbox.pipe(names.join('\n'), 'job', 'wait', '-', '--wait-timeout', '120s');
  expect(waited.code, waited.stderr).toBe(0);
  expect(names).toHaveLength(5 * JOBS_PER_ROUND);
  expect(shares(await sandbox.json<Owners>('bucket', 'owners'))).toEqual({ w2: 16 });
};

const SUBMIT = ['submit', '-f', '-', '-o', 'name'] as const;

// jobctl bucket owners, move and drain: who owns which shard of the work, who should, and an operator's say in it.

import { bucketsText } from '../config/parse/buckets.ts';
import { parseDuration } from '../config/parse/duration.ts';
import { parseText } from '../config/parse/values.ts';
import type { OwnerMap, OwnerView, PlacementView } from '../core/job/owners.ts';
import { EXIT, JobctlError, usageError } from '../core/model/errors.ts';
import type { Bucket } from '../core/model/ids.ts';
import { API_OPTIONS, type Ask, asker } from './ask.ts';
import { defineCommand, flag, option } from './command.ts';
import type { Context } from './context.ts';
import type { Column } from './output/table.ts';

const AUTO = 'auto';
const PLACE_OPTIONS = {
  reason: option('<text>', 'why, for whoever looks later', parseText),
  wait: option('<duration>', 'wait until the buckets have moved; exit 124 when they have not', parseDuration),
  ...API_OPTIONS,
};

const COLUMNS: readonly Column<OwnerView>[] = [
  { header: 'BUCKET', cell: ({ bucket }) => String(bucket) },
  {
    header: 'OWNER',
    cell: ({ owner }) => owner ?? '<none>',
    tone: ({ owner }) => (owner === null ? 'waiting' : 'plain'),
  },
  {
    header: 'SHOULD OWN',
    cell: ({ target }) => target ?? '<none>',
    tone: ({ owner, target }) => (owner === target ? 'plain' : 'waiting'),
  },
  { header: 'PLACEMENT', cell: ({ placement }) => (placement === null ? '-' : placementText(placement)) },
  { header: 'TOKEN', cell: ({ token }) => String(token ?? '-'), wide: true },
];

const placementText = ({ kind, worker, reason, by }: PlacementView): string =>
  `${kind === 'pin' ? `pinned to ${worker}` : `${worker} is drained`} by ${by}${reason === null ? '' : `: ${reason}`}`;

export const bucketOwners = defineCommand({
  name: 'bucket owners',
  summary: 'show who owns each bucket, who should, and what was ordered',
  options: { buckets: option('<range>', 'only these, as 0-3 (default auto: all)', parseText), ...API_OPTIONS },
  examples: [
    { does: 'all of them', line: 'jobctl bucket owners' },
    {
      does: 'buckets of each worker',
      line: 'jobctl bucket owners -o json | jq \'.items | group_by(.owner) | map({(.[0].owner // "nobody"): length}) | add\'',
    },
  ],
  async run(context, _args, { buckets = AUTO, api }) {
    showMap(context, await ownerMap(await asker(context, { api }), buckets));
    return EXIT.ok;
  },
});

export const bucketMove = defineCommand({
  name: 'bucket move',
  summary: 'pin buckets to a worker, or give them back to the automatic assignment',
  arguments: '<range>',
  details: `A pin holds while that worker lives, takes the bucket (worker --buckets) and is not drained; otherwise the
bucket goes to whoever the automatic assignment finds, and comes back later. Workers obey within a third of their lease.
Jobs that run are not interrupted: their handlers end where they began.`,
  options: {
    to: option('<worker>', 'id of a live worker, or auto', parseText),
    ...PLACE_OPTIONS,
  },
  examples: [
    {
      does: 'two buckets to one worker',
      line: "jobctl bucket move 3,7 --to worker-2 --reason 'hot, worker-2 is bigger'",
    },
    { does: 'back, and wait for it', line: 'jobctl bucket move 3,7 --to auto --wait 30s' },
  ],
  async run(context, [range = ''], { to, reason, wait, api }) {
    if (to === undefined) {
      throw usageError('OPTION_INVALID', '--to is missing', { hint: 'name a worker of `jobctl worker list`, or auto' });
    }
    const ask = await asker(context, { api });
    const { buckets: found } = await ownerMap(ask, range.replace(/^bucket\//, ''));
    const buckets = found.map(({ bucket }) => bucket);
    await ask('bucketMove', { body: { buckets, to, reason } });
    return showSettled(context, ask, buckets, wait);
  },
});

export const bucketDrain = defineCommand({
  name: 'bucket drain',
  summary: 'take all buckets from a worker, and keep them from it',
  arguments: '<worker>',
  details: `The worker goes on with what it runs, owns nothing more, and stays so when it is started anew under the same id, until
--undo. A bucket that no other worker takes stays with it: draining loses no work.`,
  options: { undo: flag('it may own buckets again'), ...PLACE_OPTIONS },
  examples: [
    {
      does: 'before its machine is switched off',
      line: "jobctl bucket drain worker-2 --reason 'new disk' --wait 30s",
    },
    { does: 'afterwards', line: 'jobctl bucket drain worker-2 --undo' },
  ],
  async run(context, [worker = ''], { undo = false, reason, wait, api }) {
    const ask = await asker(context, { api });
    const before = await ownerMap(ask, AUTO);
    const order = { params: { id: worker }, body: { reason } };
    await ask(undo ? 'workerUndrain' : 'workerDrain', order);
    const { buckets: after } = await ownerMap(ask, AUTO);
    const moving = after.filter(({ owner, target }, index) => {
      const was = before.buckets[index]?.owner;
      return was === worker || owner === worker || target === worker;
    });
    const kept = moving.filter(({ target }) => target === worker).map(({ bucket }) => bucket);
    if (!undo && kept.length > 0) context.note(`nobody else may own bucket ${kept.join(', ')}: ${worker} keeps it`);
    return showSettled(
      context,
      ask,
      moving.map(({ bucket }) => bucket),
      wait,
    );
  },
});

const ownerMap = (ask: Ask, range: string): Promise<OwnerMap> =>
  ask<OwnerMap>('bucketOwners', { query: { buckets: bucketsText(range) } });

const showSettled = async (
  context: Context,
  ask: Ask,
  buckets: readonly Bucket[],
  wait: number | undefined,
): Promise<number> => {
  const { ownersSettle } = await import('../core/job/owners.ts');
  const look = async (): Promise<OwnerMap> => {
    const { buckets: all, drained } = await ownerMap(ask, AUTO);
    return { buckets: all.filter(({ bucket }) => buckets.includes(bucket)), drained };
  };
  const { map, isSettled } = await ownersSettle(context.clock, look, wait ?? 0);
  showMap(context, map);
  if (isSettled) return EXIT.ok;
  if (wait !== undefined) throw notMoved(map, wait);
  context.note('ordered; workers obey within a third of their lease, see `jobctl bucket owners`');
  return EXIT.ok;
};

const showMap = (context: Context, { buckets, drained }: OwnerMap): void => {
  context.out.list({ items: buckets }, { columns: COLUMNS, name: ({ bucket }) => `bucket/${bucket}` });
  const owners = new Set(buckets.map(({ owner }) => owner));
  for (const drain of drained) if (!owners.has(drain.worker)) context.note(placementText(drain));
};

const notMoved = ({ buckets }: OwnerMap, waitMs: number): JobctlError => {
  const late = buckets.filter(({ owner, target }) => target !== null && owner !== target);
  const message = `bucket ${late.map(({ bucket }) => bucket).join(', ')} had not moved after ${waitMs} ms`;
  return new JobctlError('WAIT_TIMEOUT', EXIT.timeout, message, {
    detail: 'the order stands; its worker obeys once it reaches the store, or loses the bucket with its lease',
    hint: 'look again with `jobctl bucket owners`',
  });
};

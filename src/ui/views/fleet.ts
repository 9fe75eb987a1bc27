// Who owns the work, who does it, and where it is kept.
import type { BucketView } from '../../core/job/buckets.ts';
import type { MemberView } from '../../core/job/member-view.ts';
import type { OwnerMap } from '../../core/job/owners.ts';
import { figure } from '../../core/model/figure.ts';
import type { Tone } from '../../core/model/tone.ts';
import type { NodeRow } from '../../core/ports/store.ts';
import { formatRanges } from '../../core/worker/assignment.ts';
import { sign } from '../signs.ts';
import { type Ask, type DetailLine, defineView } from '../view.ts';
import { ago, allFacts, facts, heading, type Items, timeOf } from './shared.ts';

export const buckets = defineView<BucketView>({
  name: 'buckets',
  noun: 'bucket',
  load: async (ask) => (await ask<Items<BucketView>>('bucketList')).items,
  id: ({ bucket }) => String(bucket),
  columns: [
    { header: 'BKT', cell: ({ bucket }) => String(bucket), by: ({ bucket }) => bucket },
    {
      ...{ header: 'OWNER', cell: ({ owner }) => owner ?? 'nobody' },
      tone: ({ owner }) => (owner === null ? 'bad' : 'plain'),
    },
    { header: 'DEPTH', cell: ({ depth, depthExact }) => `${depth}${depthExact ? '' : '+'}`, by: ({ depth }) => depth },
    { header: 'RUNNING', cell: ({ running }) => String(running), by: ({ running }) => running },
    {
      ...{ header: 'OLDEST', cell: ({ oldestDueAt }, nowMs) => ago(oldestDueAt, nowMs) },
      by: ({ oldestDueAt }) => timeOf(oldestDueAt),
    },
    { header: 'DONE', cell: ({ counters }) => String(counters.succeeded), by: ({ counters }) => counters.succeeded },
    {
      ...{ header: 'RETRIED', cell: ({ counters }) => String(counters.retried) },
      ...{ by: ({ counters }) => counters.retried, rank: 1 },
    },
    { header: 'DEAD', cell: ({ counters }) => String(counters.dead), by: ({ counters }) => counters.dead, rank: 2 },
    { header: 'TOKEN', cell: ({ token }) => String(token ?? '-'), by: ({ token }) => token ?? 0, rank: 0 },
  ],
  empty: 'no buckets',
  actions: [
    {
      ...{ key: 'd', label: 'drain its owner', gate: { kind: 'confirm' } },
      command: ({ owner }) => ['bucket', 'drain', owner ?? 'WORKER'],
      async run(ask, { owner, bucket }) {
        if (owner === null) throw new Error(`nobody owns bucket ${bucket}`);
        return drain(ask, owner);
      },
    },
  ],
  opens: ({ bucket }) => ({ view: 'jobs', scope: { bucket: String(bucket) } }),
});

const drain = async (ask: Ask, id: string): Promise<string> => {
  await ask('workerDrain', { params: { id }, body: { reason: 'from the dashboard' } });
  return `worker/${id} is to own nothing: its buckets pass on within seconds; back with \`jobctl bucket drain ${id} --undo\``;
};

export const workers = defineView<MemberView>({
  name: 'workers',
  noun: 'worker',
  load: async (ask) => (await ask<Items<MemberView>>('workerList')).items,
  id: ({ id }) => id,
  columns: [
    { header: 'ID', cell: ({ id }) => id },
    { header: 'BUCKETS', cell: ({ buckets: willing }) => willing },
    { header: 'RUNNING', cell: ({ running, capacity }) => `${running}/${capacity}`, by: ({ running }) => running },
    { header: 'TYPES', cell: ({ types }) => types.join(','), rank: 1 },
    { header: 'VERSION', cell: ({ version }) => version, rank: 0 },
    { header: 'SEEN', cell: ({ seenAt }, nowMs) => ago(seenAt, nowMs), by: ({ seenAt }) => -timeOf(seenAt) },
    {
      ...{ header: 'AGE', cell: ({ startedAt }, nowMs) => ago(startedAt, nowMs) },
      by: ({ startedAt }) => -timeOf(startedAt),
    },
  ],
  empty: 'no live workers: start one with `jobctl worker`',
  actions: [
    {
      ...{ key: 'd', label: 'drain', gate: { kind: 'confirm' } },
      command: ({ id }) => ['bucket', 'drain', id],
      run: (ask, { id }) => drain(ask, id),
    },
  ],
  detail: async (ask, worker) => {
    const map = await ask<OwnerMap>('bucketOwners');
    const owned = map.buckets.filter(({ owner }) => owner === worker.id).map(({ bucket }) => bucket);
    const order = map.drained.find(({ worker: id }) => id === worker.id);
    return [
      ...facts([
        ['owns', owned.length === 0 ? 'no bucket' : `buckets ${formatRanges(owned)}`],
        ['drained', order === undefined ? 'no' : `by ${order.by} at ${order.at}: ${order.reason ?? 'no reason given'}`],
      ]),
      ...heading('as it announced itself'),
      ...allFacts(worker),
    ];
  },
});

const NODE_TONES: Readonly<Record<NodeRow['state'], Tone>> = { up: 'good', silent: 'waiting', down: 'bad' };
const MEGABYTE = 1_048_576;

export const nodes = defineView<NodeRow>({
  name: 'nodes',
  noun: 'node',
  load: async (ask) => (await ask<Items<NodeRow>>('nodeList')).items,
  id: ({ address }) => address,
  columns: [
    { header: 'NODE', cell: ({ address }) => address },
    {
      ...{ header: 'STATE', cell: ({ state }) => `${sign(state)} ${state}` },
      tone: ({ state }) => NODE_TONES[state],
    },
    { header: 'DC', cell: ({ dc }) => dc ?? '-', rank: 2 },
    { header: 'RACK', cell: ({ rack }) => rack ?? '-', rank: 0 },
    { header: 'VERSION', cell: ({ version }) => version ?? '-', rank: 1 },
    {
      ...{ header: 'ANSWER', cell: ({ answerMs }) => (answerMs === null ? '-' : `${figure(answerMs)}ms`) },
      by: ({ answerMs }) => answerMs ?? Number.POSITIVE_INFINITY,
    },
    {
      ...{ header: 'CLOCK', cell: ({ clockOffsetMs }) => (clockOffsetMs === null ? '-' : `${clockOffsetMs}ms`) },
      by: ({ clockOffsetMs }) => clockOffsetMs ?? 0,
    },
    {
      header: 'STORED',
      cell: ({ storedBytes }) => (storedBytes === null ? '-' : `${figure(storedBytes / MEGABYTE)}MB`),
      by: ({ storedBytes }) => storedBytes ?? 0,
    },
  ],
  empty: 'the store tells of no nodes',
  actions: [],
  detail: async (_ask, node) => [...allFacts(node), ...heading('break it on purpose'), ...CHAOS],
});

/** Nothing of this is done from here: a node is never broken by a key. */
const CHAOS: readonly DetailLine[] = [
  { text: 'jobctl cluster status                           the names of the nodes on this machine' },
  { text: 'jobctl chaos pause-node --target NAME --duration 30s' },
  { text: 'jobctl chaos kill-node --target NAME --duration 30s' },
  { text: 'jobctl chaos heal                               ends all of it' },
];

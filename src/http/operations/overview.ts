// How all of it is: at a glance, and node by node.
import { z } from 'zod';
import { overview as look, olderLetters } from '../../core/overview.ts';
import { kept } from '../kept.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { instant, items } from '../schemas.ts';

const TAG = 'buckets and processes';
/** An overview is made once in so long, however many ask, ms. */
const KEPT_MS = 2_000;
/** What was dead the day before yesterday is counted once in so long, ms: it can only become less. */
const OLDER_KEPT_MS = 60_000;

const node = z
  .strictObject({
    address: z.string(),
    dc: z.string().nullable(),
    rack: z.string().nullable(),
    version: z.string().nullable(),
    state: z.enum(['up', 'silent', 'down']).meta({ description: 'silent: it is connected and does not answer' }),
    answerMs: z.number().nullable().meta({ description: 'how long a read took that only this node answered' }),
    clockOffsetMs: z.number().nullable().meta({ description: 'its clock minus that of the machine that asked' }),
    storedBytes: z.number().nullable().meta({ description: 'what it stores of jobctl' }),
  })
  .meta({ id: 'Node' });

const nodes = defineOperation({
  id: 'nodeList',
  method: 'GET',
  path: '/v1/nodes',
  role: 'read',
  tag: TAG,
  summary: 'list the nodes of the store, asking each by itself',
  result: items(node),
  run: async ({ store }) => ({ items: await store.nodeList() }),
});

const olderNow = kept(OLDER_KEPT_MS, ({ store }) => olderLetters(store));
const overviewNow = kept(KEPT_MS, (service) => look(service.store, olderNow(service)));

const overview = defineOperation({
  id: 'overview',
  method: 'GET',
  path: '/v1/overview',
  role: 'read',
  tag: TAG,
  summary: 'how all of it is, at a glance; at most 2 s old',
  result: z
    .strictObject({
      at: instant,
      store: z.string(),
      workers: z.int(),
      schedulers: z.int(),
      slots: z.strictObject({ busy: z.int(), all: z.int() }).meta({ description: 'jobs the workers run, and may run' }),
      buckets: z.strictObject({
        all: z.int(),
        unowned: z.array(z.int()),
        each: z.array(z.strictObject({ bucket: z.int(), owner: z.string().nullable(), depth: z.int() })),
      }),
      jobs: z.strictObject({
        unfinished: z.int(),
        running: z.int(),
        retrying: z.int(),
        exact: z.boolean(),
        oldestDueAt: instant.nullable(),
      }),
      counters: z.record(z.string(), z.int()).meta({ description: 'of all buckets, since the store was made' }),
      nodes: z.array(node),
      schedules: z.strictObject({ all: z.int(), paused: z.int() }),
      deadLetters: z.strictObject({ count: z.int(), exact: z.boolean() }),
    })
    .meta({ id: 'Overview' }),
  run: (service) => overviewNow(service),
});

export const OVERVIEW_OPERATIONS: readonly Operation[] = [overview, nodes];

// How fast jobs are taken in, and how long a caller waits until his job is durable.
import { Agent, request } from 'node:http';
import type { JobId } from '../../core/model/ids.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { BULK, CALLERS, FILLER, isWarm, LATER_MS, laterJob } from '../jobs.ts';
import { type ClosedLoop, closedLoop, openLoop } from '../measure/load.ts';
import type { Place } from '../place.ts';
import { type Found, latencyMetric, numberOf, rateMetric, type Scenario, type Size } from '../scenario.ts';
import { missingOf } from './check.ts';

/** For as long as the suite says, and until so many jobs are submitted that the code is hot. */
const warmUp = async (
  loop: Pick<ClosedLoop, 'callers' | 'call' | 'signal'>,
  { each, durationMs }: { readonly each: number; readonly durationMs: number },
): Promise<void> => {
  const startMs = machineMs();
  let jobs = 0;
  do jobs += each * (await closedLoop({ ...loop, until: { durationMs } })).calls;
  while (!isWarm(jobs, startMs) && !loop.signal.aborted);
};

const closed = async (
  place: Place,
  { seconds, warmupSeconds }: Size,
  {
    callers,
    each,
    call,
  }: { readonly callers: number; readonly each: number; readonly call: (n: number) => Promise<readonly JobId[]> },
): Promise<Found> => {
  const { signal } = place;
  await warmUp({ callers, call, signal }, { each, durationMs: warmupSeconds * 1_000 });
  const ids: JobId[] = [];
  const kept = async (n: number): Promise<void> => {
    for (const id of await call(n)) ids.push(id);
  };
  const { calls, errors, durationMs, service } = await closedLoop({
    ...{ callers, signal, call: kept },
    until: { durationMs: seconds * 1_000 },
  });
  return {
    metrics: [
      { ...rateMetric('throughput', 'jobs/s', calls * each, durationMs), errors },
      latencyMetric('service', service),
    ],
    wrong: await missingOf(place, ids),
  };
};

export const submitScenario: Scenario = {
  name: 'submit',
  summary: 'jobs submitted one at a time: by as many callers as it takes, and at a fixed rate',
  isQuick: true,
  points: ({ name }) => [
    { loop: 'closed', callers: CALLERS },
    ...(name === 'smoke' ? [] : [1, 8].map((callers) => ({ loop: 'closed', callers }))),
    ...(name === 'smoke' ? [] : [200, 1_000, 4_000].map((rate) => ({ loop: 'open', rate }))),
  ],
  // Few callers wait for themselves, and a rate is not what can be done.
  ceiling: ({ loop, callers }, { jobs }) =>
    loop === 'closed' && callers === CALLERS ? { name: 'submit', jobs } : null,
  measure: async (place, params, size) => {
    if (params.loop === 'closed') {
      const call = async (n: number) => [(await place.submitter.submit(laterJob(n))).id];
      return closed(place, size, { callers: numberOf(params, 'callers'), each: 1, call });
    }
    const ids: JobId[] = [];
    const send = async (n: number): Promise<void> => {
      ids.push((await place.submitter.submit(laterJob(n))).id);
    };
    const rate = numberOf(params, 'rate');
    await openLoop({ rate, durationMs: size.warmupSeconds * 1_000, signal: place.signal, send });
    const loop = await openLoop({ rate, durationMs: size.seconds * 1_000, signal: place.signal, send });
    return {
      metrics: [
        { ...latencyMetric('response', loop.response, loop), offeredRate: rate },
        latencyMetric('service', loop.service),
      ],
      seconds: loop.seconds,
      wrong: await missingOf(place, ids),
    };
  },
};

export const submitBulkScenario: Scenario = {
  name: 'submit-bulk',
  summary: 'jobs submitted a thousand at a time',
  isQuick: true,
  points: () => [{ bulk: BULK, callers: 1, loop: 'closed' }],
  ceiling: (_params, { jobs }) => ({ name: 'submit-bulk', jobs }),
  measure: (place, _params, size) => {
    const call = async () =>
      (await place.submitter.submitAll(Array.from({ length: BULK }, (_, n) => laterJob(n)))).map(({ id }) => id);
    return closed(place, size, { callers: 1, each: BULK, call });
  },
};

/** What is written down is kept in memory, bytes. */
const CEILING_BYTES = 50_000_000;
const payloadOf = (bytes: number): string => JSON.stringify({ n: -1, filler: 'x'.repeat(bytes) });

export const submitPayloadScenario: Scenario = {
  name: 'payload',
  summary: 'jobs with more to carry',
  points: () => [100, 1_000, 10_000, 60_000].map((bytes) => ({ bytes, callers: CALLERS, loop: 'closed' })),
  ceiling: (params, { jobs }) => {
    const bytes = numberOf(params, 'bytes');
    return { name: 'submit', jobs: Math.min(jobs, Math.ceil(CEILING_BYTES / bytes)), payload: payloadOf(bytes) };
  },
  measure: (place, params, size) => {
    const payload = payloadOf(numberOf(params, 'bytes'));
    const call = async () => [(await place.submitter.submit({ type: 'bench', payload, delayMs: LATER_MS })).id];
    return closed(place, size, { callers: CALLERS, each: 1, call });
  },
};

/** Where the API of this place listens. */
const portOf = async (place: Place): Promise<number> => {
  const { readFile } = await import('node:fs/promises');
  const log = await readFile(`${place.deps.folder}/api.log`, 'utf8');
  return Number(/https?:\/\/[^:/\s]+:(\d+)/.exec(log)?.[1]);
};

export const submitApiScenario: Scenario = {
  name: 'submit-api',
  summary: 'jobs submitted over HTTP, to a server of its own',
  points: () => [{ callers: CALLERS, loop: 'closed' }],
  ceiling: (_params, { jobs }) => ({ name: 'submit', jobs }),
  prepare: async (place) => {
    place.start('scheduler', 'api', ['--no-cron', '--port', '0', '--rate-limit', '1000000/s']);
    await place.logged('api', 'http://');
  },
  measure: async (place, params, size) => {
    const port = await portOf(place);
    const callers = numberOf(params, 'callers');
    const agent = new Agent({ keepAlive: true, maxSockets: callers });
    const call = async (n: number) => [
      await post(
        { agent, port },
        JSON.stringify({ type: 'bench', payload: { n, filler: FILLER }, delaySeconds: LATER_MS / 1_000 }),
      ),
    ];
    const found = await closed(place, size, { callers, each: 1, call });
    agent.destroy();
    return found;
  },
};

/** Without fetch, whose own cost on a shared processor would be measured. */
const post = (to: { readonly agent: Agent; readonly port: number }, body: string): Promise<JobId> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ ...to, host: '127.0.0.1', method: 'POST', path: '/v1/jobs', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        if (response.statusCode === 201) resolve((JSON.parse(text) as { readonly id: JobId }).id);
        else reject(new Error(`answered ${response.statusCode}: ${text.slice(0, 200)}`));
      });
    });
    sent.on('error', reject).end(body);
  });

// npm run bench:api: what group commit is worth to the API. 64 clients submit one job each, again and again, to two servers on the
// same store (JOBCTL_STORE): one writes together what arrives together, the other one row a request. Rounds take turns.
import { Agent, request } from 'node:http';
import { createSubmitter, type Submitter } from '../src/core/job/submit.ts';
import type { Store } from '../src/core/ports/store.ts';
import { type RunningServer, startServer } from '../src/http/server.ts';
import { systemClock } from '../src/platform/clock.ts';
import { systemRandom } from '../src/platform/random.ts';
import { openStore } from '../src/store/open.ts';

const CLIENTS = 64;
const ROUNDS = 4;
const ROUND_MS = 5_000;
const BODY = JSON.stringify({ type: 'noop', payload: { text: 'x'.repeat(200) }, delaySeconds: 86_400 });

const main = async (): Promise<void> => {
  const url = process.env.JOBCTL_STORE ?? 'sqlite::memory:';
  await using store = await openStore(url);
  await using together = await start(store, createSubmitter(depsOf(store)));
  await using singly = await start(store, oneByOne(store));
  const servers = { together, singly };
  const counts = { together: 0, singly: 0 };
  for (const server of Object.values(servers)) await load(server, 1_000); // warm
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ['together', 'singly'] as const) counts[name] += await load(servers[name], ROUND_MS);
  }
  const rate = (count: number): number => Math.round((count * 1_000) / (ROUNDS * ROUND_MS));
  const ratio = (counts.together / counts.singly).toFixed(1);
  process.stdout.write(
    `${url}: ${CLIENTS} clients, together ${rate(counts.together)} jobs/s, one row a request ${rate(counts.singly)} jobs/s: ${ratio} times\n`,
  );
};

const depsOf = (store: Store) => ({ store, clock: systemClock, random: systemRandom, events: { emit: () => {} } });

/** A submitter of its own for each of the requests that are under way: nothing is shared. */
const oneByOne = (store: Store): Submitter => {
  const all = Array.from({ length: 2 * CLIENTS }, () => createSubmitter(depsOf(store)));
  let next = 0;
  return {
    submit: (job: Parameters<Submitter['submit']>[0]) => {
      next = (next + 1) % all.length;
      return (all[next] as Submitter).submit(job);
    },
  } as Submitter;
};

const start = (store: Store, submitter: Submitter): Promise<RunningServer> =>
  startServer({
    service: { ...depsOf(store), submitter },
    ...{ host: '127.0.0.1', port: 0, tokens: null, tls: null, rateMax: 1_000_000, version: '0' },
    metrics: { contentType: 'text/plain', render: async () => '' },
    health: () => ({ ready: true, detail: {} }),
  });

/** Jobs that were acknowledged. */
const load = async ({ port }: RunningServer, forMs: number): Promise<number> => {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const endsMs = performance.now() + forMs;
  let count = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < endsMs) {
      await submit(agent, port);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  return count;
};

const submit = (agent: Agent, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
    const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/v1/jobs', headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 201) resolve();
        else reject(new Error(`answered ${response.statusCode}`));
      });
    });
    sent.on('error', reject).end(BODY);
  });

await main();

// jobctl as one of them: the library for its clients, `jobctl worker` as it is started by everybody.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TRACE_VARIABLE } from '../../src/bench/trace-format.ts';
import { createSubmitter, type SubmitRequest } from '../../src/core/job/submit.ts';
import type { JobId } from '../../src/core/model/ids.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { openSchema, openStore } from '../../src/store/open.ts';
import { type Client, type Peer, type PeerPayload, start } from './peer.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/jobctl.js', import.meta.url));
const HANDLERS = fileURLToPath(new URL('../../dist/bench/handlers.js', import.meta.url));
/** Truths read at once. */
const READ_MAX = 1_000;

/** `urlOf` names an empty store; asked anew for every `clear`. */
const jobctlPeer = (
  about: Pick<Peer, 'name' | 'durability' | 'servers'>,
  { make, current }: { make(): Promise<string>; current(): string },
): Peer => ({
  ...about,
  openClient: async () => {
    let opened = await open(await make());
    const requestOf = (payload: PeerPayload, delayMs = 0): SubmitRequest => ({
      ...{ type: 'bench', payload: JSON.stringify(payload), delayMs },
    });
    const client: Client = {
      submit: async (payload, delayMs) => {
        opened.ids.push((await opened.submitter.submit(requestOf(payload, delayMs))).id);
      },
      submitMany: async (payloads) => {
        const submitted = await opened.submitter.submitAll(payloads.map((payload) => requestOf(payload)));
        for (const { id } of submitted) opened.ids.push(id);
      },
      finished: async () => {
        let count = 0;
        for (let from = 0; from < opened.ids.length; from += READ_MAX) {
          const truths = await opened.store.truthGet(opened.ids.slice(from, from + READ_MAX));
          for (const { state } of truths.values()) if (state === 'succeeded') count += 1;
        }
        return count;
      },
      clear: async () => {
        await opened.store[Symbol.asyncDispose]();
        opened = await open(await make());
      },
      close: async () => opened.store[Symbol.asyncDispose](),
    };
    return client;
  },
  startWorker: (trace, log) =>
    start(PROGRAM, ['worker', '--handlers', HANDLERS, '--log-format', 'json', '--store', current()], {
      log,
      env: { [TRACE_VARIABLE]: trace },
    }),
});

const open = async (url: string) => {
  const store = await openStore(url);
  const deps = { store, clock: systemClock, random: systemRandom, events: { emit: () => {} }, isClockIgnored: true };
  return { store, submitter: createSubmitter(deps), ids: [] as JobId[] };
};

export const embeddedPeer = (folder: string): Peer => {
  let count = 0;
  const current = (): string => `sqlite:${join(folder, `jobctl-${count}.db`)}`;
  const make = async (): Promise<string> => {
    count += 1;
    return current();
  };
  return jobctlPeer(
    { name: 'jobctl', durability: 'fsync before every acknowledgement', servers: [] },
    { make, current },
  );
};

export const cassandraPeer = (contactPoints: readonly string[]): Peer => {
  const url = `cassandra://${contactPoints.join(',')}/jobctl_peer?dc=dc1`;
  const make = async (): Promise<string> => {
    await using schema = await openSchema(url);
    await schema.reset();
    await schema.init({ replicationFactor: 3, bucketCount: 16 });
    return url;
  };
  const durability = 'two of three nodes, commit log every 10 s';
  return jobctlPeer({ name: 'jobctl-cassandra', durability, servers: [] }, { make, current: () => url });
};

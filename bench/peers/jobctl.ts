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
const KEYSPACE = 'jobctl_peer';
/** Truths read at once. */
const READ_MAX = 1_000;

/** `urlOf` names an empty store; asked anew for every `clear`. */
const jobctlPeer = (
  about: Pick<Peer, 'name' | 'servers'>,
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
        opened.left.push((await opened.submitter.submit(requestOf(payload, delayMs))).id);
        opened.submitted += 1;
      },
      submitMany: async (payloads) => {
        const submitted = await opened.submitter.submitAll(payloads.map((payload) => requestOf(payload)));
        for (const { id } of submitted) opened.left.push(id);
        opened.submitted += submitted.length;
      },
      finished: async () => {
        while (opened.left.length > 0) {
          const next = opened.left.slice(0, READ_MAX);
          const truths = await opened.store.truthGet(next);
          for (const { state, endedMs } of truths.values()) {
            if (state === 'succeeded') opened.lastMs = Math.max(opened.lastMs, endedMs ?? 0);
          }
          const open = next.filter((id) => truths.get(id)?.state !== 'succeeded');
          opened.left = [...open, ...opened.left.slice(READ_MAX)];
          if (open.length > 0) break;
        }
        return opened.submitted - opened.left.length;
      },
      /** Asking after each of so many takes longer than they did. */
      lastFinishedMs: () => opened.lastMs,
      clear: async () => {
        await opened.store[Symbol.asyncDispose]();
        opened = await open(await make());
      },
      close: async () => opened.store[Symbol.asyncDispose](),
    };
    return client;
  },
  startWorker: ({ trace, log, concurrency }) => {
    const flags = ['--concurrency', String(concurrency), '--log-format', 'json', '--store', current()];
    return start(PROGRAM, ['worker', '--handlers', HANDLERS, ...flags], { log, env: { [TRACE_VARIABLE]: trace } });
  },
});

const open = async (url: string) => {
  const store = await openStore(url);
  const deps = { store, clock: systemClock, random: systemRandom, events: { emit: () => {} }, isClockIgnored: true };
  return { store, submitter: createSubmitter(deps), left: [] as JobId[], submitted: 0, lastMs: 0 };
};

export const embeddedPeer = (folder: string): Peer => {
  let count = 0;
  const current = (): string => `sqlite:${join(folder, `jobctl-${count}.db`)}`;
  const make = async (): Promise<string> => {
    count += 1;
    return current();
  };
  return jobctlPeer({ name: 'jobctl', servers: [] }, { make, current });
};

export const cassandraPeer = (contactPoints: readonly string[]): Peer => {
  const url = `cassandra://${contactPoints.join(',')}/${KEYSPACE}?dc=dc1`;
  let isMade = false;
  const make = async (): Promise<string> => {
    await using schema = await openSchema(url);
    if (isMade) await schema.empty();
    else {
      await schema.init({ replicationFactor: 3, bucketCount: 16 });
      isMade = true;
    }
    return url;
  };
  return jobctlPeer({ name: 'jobctl-cassandra', servers: [] }, { make, current: () => url });
};

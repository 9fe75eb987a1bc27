// Events: every change is told, also after a break.
import { expect, test } from 'vitest';
import { createEvents } from '../../src/http/client.ts';
import { ApiScene } from './api-scene.ts';

type Change = Readonly<Record<string, unknown>>;

const reader = (scene: ApiScene) => {
  const events = createEvents({ url: scene.server.url, tokenFile: '', timeoutMs: 5_000 });
  /** Until the stream ends, or enough was read. */
  return async (query: string, lastEventId?: string, countMax = Number.POSITIVE_INFINITY) => {
    const found: { id: string | undefined; data: Change }[] = [];
    const enough = new AbortController();
    for await (const { id, data } of events(`/v1/events?${query}`, lastEventId, enough.signal)) {
      found.push({ id, data: data as Change });
      if (found.length === countMax) break;
    }
    enough.abort();
    return found;
  };
};

const statesOf = (events: readonly { readonly data: Change }[]): readonly unknown[] =>
  events.map(({ data }) => [data.state, data.attempt]);

test('a job is told as it is, then every change until it is over; after a break, what happened meanwhile', async () => {
  await using scene = await ApiScene.open();
  const read = reader(scene);
  const retried = { type: 'do', payload: 'fail', maxAttempts: 3, backoff: { kind: 'fixed', baseMs: 1 } };
  const { id } = await scene.post('/v1/jobs', retried);
  const [first] = await read(`job=${id}`, undefined, 1);
  expect(first?.data).toMatchObject({ type: 'job', id, state: 'pending', attempt: 0, error: null });
  await scene.work();
  const rest = await read(`job=${id}`, first?.id);
  expect(statesOf(rest.slice(-1))).toEqual([['dlq', 3]]);
  expect(rest.at(-1)?.data.error).toBe('it broke');
  // It is over: whoever comes back to the first event is told of each attempt.
  const again = await read(`job=${id}`, first?.id);
  expect(statesOf(again)).toEqual([
    ...[
      ['retrying', 1],
      ['retrying', 2],
      ['dlq', 3],
    ],
  ]);
  expect(statesOf(await read(`job=${id}`, again[1]?.id))).toEqual([['dlq', 3]]);
  expect(await read(`job=${id}`, again[2]?.id)).toEqual([]);
  expect(statesOf(await read(`job=${id}`))).toEqual([['dlq', 3]]);
});

test('slots of a schedule are told from a position on', async () => {
  await using scene = await ApiScene.open();
  const { name } = await scene.post('/v1/cronjobs', { name: 'tick', type: 'do', cron: '@daily' });
  const read = reader(scene);
  const base = { schedule: String(name), token: 1 as never, isLate: false, isBackfill: false, jobId: null };
  const slotMs = Date.now() - 10_000;
  const position = { jobs: {}, schedules: { tick: slotMs - 1 } };
  const from = Buffer.from(JSON.stringify(position)).toString('base64url');
  for (const [index, reason] of ['a', 'b', 'c'].entries()) {
    const decidedMs = slotMs + index;
    await scene.store.runWrite({ ...base, slotMs: slotMs + index, state: 'skipped', reason, decidedMs });
  }
  await scene.store.runWrite({ ...base, slotMs: slotMs + 9, state: 'firing', reason: null, decidedMs: Date.now() });
  const told = await read('schedule=tick', from, 3);
  expect(told.map(({ data }) => [data.type, data.reason])).toEqual([
    ...[
      ['slot', 'a'],
      ['slot', 'b'],
      ['slot', 'c'],
    ],
  ]);
  const going = read('schedule=tick', told[1]?.id, 2);
  await scene.store.runWrite({ ...base, slotMs: slotMs + 9, state: 'fired', reason: null, decidedMs: Date.now() });
  expect((await going).map(({ data }) => [data.state, data.reason])).toEqual([
    ...[
      ['skipped', 'c'],
      ['fired', null],
    ],
  ]);
});

test('what cannot be told is refused before the stream begins', async () => {
  await using scene = await ApiScene.open();
  const codeOf = async (query: string, headers = {}) =>
    (await scene.ask('GET', `/v1/events${query}`, { headers })).body.code;
  expect(await codeOf('')).toBe('REQUEST_INVALID');
  expect(await codeOf('?job=x')).toBe('JOB_ID_INVALID');
  expect(await codeOf('?job=007n38gmbhvz5bn0h9xa1xm2bw')).toBe('JOB_NOT_FOUND');
  expect(await codeOf('?schedule=nobody')).toBe('SCHEDULE_NOT_FOUND');
  expect(await codeOf('?schedule=nobody', { 'last-event-id': 'nonsense' })).toBe('REQUEST_INVALID');
});

test('a server that stops ends its streams', async () => {
  const scene = await ApiScene.open();
  const { id } = await scene.post('/v1/jobs', { type: 'do', delayMs: 3_600_000 });
  const events = createEvents({ url: scene.server.url, tokenFile: '', timeoutMs: 5_000 });
  const reading = events(`/v1/events?job=${id}`, undefined, new AbortController().signal);
  expect((await reading.next()).value?.data).toMatchObject({ state: 'pending' });
  const next = reading.next();
  await scene[Symbol.asyncDispose]();
  expect((await next).done).toBe(true);
});

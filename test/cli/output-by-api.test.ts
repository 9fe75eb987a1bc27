// What commands print that ask a scheduler: the same as without one.
import { beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { createSubmitter } from '../../src/core/job/submit.ts';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { openStore } from '../../src/store/open.ts';
import { outputSuite } from './output-suite.ts';
import { TestHome } from './run-main.ts';

const home = new TestHome();
let server: RunningServer;

beforeAll(async () => {
  const store = await openStore(home.storeUrl);
  const deps = { store, clock: systemClock, random: systemRandom, events: { emit: () => {} } };
  server = await startServer({
    service: { ...deps, submitter: createSubmitter(deps) },
    ...{ host: '127.0.0.1', port: 0, tokens: null, tls: null, rateMax: 100_000, version: '0.0.0' },
    metrics: { contentType: 'text/plain', render: async () => '' },
    health: () => ({ ready: true, detail: {} }),
  });
  home.api = server.url;
  return async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
});

/** They run something, or are about this machine, or the store itself. */
const WITHOUT =
  /^(init|bench |chaos |cluster|config|db|dev|help|version|worker run|scheduler run|lock run|lock watch|cron next|api |doctor|completion)/;

test('every command that is about jobs, schedules, locks or buckets takes --api', () => {
  const without = COMMANDS.filter(({ options }) => !('api' in options)).map(({ name }) => name);
  expect(without.filter((name) => !WITHOUT.test(name))).toEqual([]);
});

test('what the scheduler refuses is the error of the command', async () => {
  const missing = await home.run(['cron', 'get', 'nobody', '-o', 'json']);
  expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('SCHEDULE_NOT_FOUND')]);
  const bad = await home.run(['cron', 'create', 'report', '--name', 'x', '--cron', '61 * * * *', '-o', 'json']);
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('CRON_INVALID')]);
});

test('nobody at that address is an error that says so', async () => {
  const gone = await home.run(['job', 'list', '--api', 'http://127.0.0.1:1', '-o', 'json']);
  expect([gone.code, gone.stderr]).toEqual([5, expect.stringContaining('API_UNREACHABLE')]);
});

outputSuite(home);

// jobctl doctor --smoke: one job and one schedule through a running system, by its API. The first step that fails ends it: the
// others would only fail for the same reason.
import { errorText, JobctlError } from '../core/model/errors.ts';
import type { ApiClient } from '../http/client.ts';
import { apiClient } from './ask.ts';
import type { Context } from './context.ts';
import { type Check, fail, pass } from './doctor-checks.ts';

type Json = Readonly<Record<string, unknown>>;

/** Far enough that only "run now" can run it, ms. */
const DELAY_MS = 3_600_000;

interface Smoke {
  readonly ask: ApiClient;
  readonly name: string;
  id: string;
}

export const runSmoke = async (context: Context, url: string | undefined): Promise<readonly Check[]> => {
  const ask = await apiClient(context, url);
  const smoke: Smoke = { ask, name: `smoke-${context.random.uint32().toString(16)}`, id: '' };
  const checks: Check[] = [];
  for (const [name, step] of STEPS) {
    try {
      checks.push(pass(name, await step(smoke)));
    } catch (error) {
      const hint = error instanceof JobctlError ? error.hint : undefined;
      checks.push(fail(name, errorText(error), hint ?? 'see the log of the scheduler and of the workers'));
      await cleanUp(smoke);
      break;
    }
  }
  return checks;
};

const STEPS: readonly (readonly [name: string, step: (smoke: Smoke) => Promise<string>])[] = [
  ['scheduler', async ({ ask }) => `ready: ${JSON.stringify(await get(ask, '/readyz'))}`],
  [
    'submit',
    async (smoke) => {
      const job = { type: 'exec', payload: { command: ['true'] }, delayMs: DELAY_MS, maxAttempts: 1 };
      smoke.id = String((await post(smoke.ask, '/v1/jobs', job)).id);
      return `job/${smoke.id}, due in an hour`;
    },
  ],
  [
    'run',
    async ({ ask, id }) => {
      const { state, executed } = await post(ask, `/v1/jobs/${id}/run?timeoutMs=${WAIT_MS}`);
      if (executed !== true)
        throw new Error(`no live worker owns the bucket of job/${id}: start one, or wait until it does`);
      return `${state}`;
    },
  ],
  [
    'query',
    async ({ ask, id }) => {
      await get(ask, `/v1/jobs/${id}/wait?timeoutMs=${WAIT_MS}`);
      const { state, attempts } = await get(ask, `/v1/jobs/${id}`);
      if (state !== 'succeeded') throw new Error(`job/${id} is ${state}: ${JSON.stringify(attempts)}`);
      return `job/${id} succeeded`;
    },
  ],
  [
    'schedule',
    async ({ ask, name }) => {
      const made = await post(ask, '/v1/cronjobs', {
        name,
        type: 'exec',
        cron: '@yearly',
        payload: { command: ['true'] },
      });
      return `schedule/${name}, due at ${made.nextAt}`;
    },
  ],
  [
    'delete',
    async ({ ask, name }) => {
      await ask({ method: 'DELETE', path: `/v1/cronjobs/${name}` });
      return `schedule/${name} deleted`;
    },
  ],
];

/** Nothing of a failed try is to run later. */
const cleanUp = async ({ ask, id, name }: Smoke): Promise<void> => {
  if (id !== '') await ask({ method: 'POST', path: `/v1/jobs/${id}/cancel?timeoutMs=0` }).catch(() => {});
  await ask({ method: 'DELETE', path: `/v1/cronjobs/${name}` }).catch(() => {});
};

/** Less than a request may take, ms. */
const WAIT_MS = 8_000;

const get = async (ask: ApiClient, path: string): Promise<Json> => (await ask({ method: 'GET', path })).body as Json;
const post = async (ask: ApiClient, path: string, body?: Json): Promise<Json> =>
  (await ask({ method: 'POST', path, body: body === undefined ? undefined : JSON.stringify(body) })).body as Json;

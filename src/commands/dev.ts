// jobctl dev: everything in one process, to try it out. It submits a few jobs that succeed, are retried and die, shows
// what happens to them, and says what to type next.

import { parseText, wholeNumber } from '../config/parse/values.ts';
import { EXIT } from '../core/model/errors.ts';
import type { JobId } from '../core/model/ids.ts';
import { defineCommand, flag, option } from './command.ts';
import type { Context } from './context.ts';
import { PORT_MAX } from './process-options.ts';

const CONCURRENCY_DEFAULT = 4;
const CONCURRENCY_MAX = 1_000;
/** Short, so that a restart after a `kill -9` waits little, ms. */
const LEASE_MS = 3_000;
/** The demo's jobs are over within seconds; this means that something is wrong, ms. */
const DEMO_TIMEOUT_MS = 60_000;

export const dev = defineCommand({
  name: 'dev',
  changes: 'itself',
  summary: 'a whole system in this process, with a few jobs to look at; Ctrl-C ends it',
  options: {
    port: option('<port>', 'serve the REST API here (default 7070); 0 takes any free port', wholeNumber(0, PORT_MAX)),
    demo: flag('exit 0 once the demo jobs have reached their outcomes'),
    handlers: option(
      '<file>',
      'a TypeScript or JavaScript file whose default export maps types to handlers',
      parseText,
    ),
    concurrency: option(
      '<n>',
      `jobs at the same time (default ${CONCURRENCY_DEFAULT})`,
      wholeNumber(1, CONCURRENCY_MAX),
    ),
  },
  examples: [
    { does: 'start it, then submit from another terminal', line: 'jobctl dev' },
    { does: 'see the demo jobs through and exit', line: 'jobctl dev --demo' },
  ],
  async run(context, _args, { demo = false, handlers, concurrency = CONCURRENCY_DEFAULT, port }) {
    const { WORKER_DEFAULTS, aborted, withWorker } = await import('./run-worker.ts');
    const { startApi, startScheduler } = await import('./run-scheduler.ts');
    const { parseBuckets } = await import('../config/parse/buckets.ts');
    const { bucketCount, url } = await context.store();
    const settings = {
      ...WORKER_DEFAULTS,
      id: `dev-${process.pid}`,
      buckets: parseBuckets('auto', bucketCount),
      concurrency,
      leaseMs: LEASE_MS,
      handlersFile: handlers,
      types: undefined,
      logFormat: 'pretty' as const,
      metricsPort: undefined,
    };
    context.note(`store ${url}`);
    return withWorker(context, settings, async ({ telemetry }, stop) => {
      await using scheduler = await startScheduler(context, telemetry, { id: settings.id, leaseMs: LEASE_MS });
      const health = async () => ({ ready: scheduler.status().isTrusted, detail: {} });
      await using api = demo ? null : await startApi(context, telemetry, { port, health });
      const ids = await submitDemo(context);
      if (demo) return showOutcomes(context, ids, stop);
      context.note(nextSteps(url, api?.url ?? '', context.io.env.npm_execpath === undefined ? 'jobctl' : 'npx jobctl'));
      await aborted(stop);
      return EXIT.ok;
    });
  },
});

const submitDemo = async (context: Context): Promise<readonly JobId[]> => {
  const { createSubmitter } = await import('../core/job/submit.ts');
  const { DEMO_JOBS } = await import('./dev-jobs.ts');
  const submitter = createSubmitter({ ...context, store: await context.store() });
  const submitted = await submitter.submitAll(DEMO_JOBS.map(({ request }) => request));
  submitted.forEach(({ id }, index) => {
    context.note(`submitted job/${id}: ${DEMO_JOBS[index]?.does ?? ''}`);
  });
  return submitted.map(({ id }) => id);
};

const showOutcomes = async (context: Context, ids: readonly JobId[], signal: AbortSignal): Promise<number> => {
  const { jobWait } = await import('../core/job/control.ts');
  const { listItem } = await import('../core/job/view.ts');
  const { JOB_LIST } = await import('./job/views.ts');
  const store = await context.store();
  const deps = { store, clock: context.clock };
  await Promise.all(ids.map((id) => jobWait(deps, id, { timeoutMs: DEMO_TIMEOUT_MS, signal })));
  const [jobs, truths] = await Promise.all([store.jobGet(ids), store.truthGet(ids)]);
  const items = [...jobs.values()].map((job) => listItem(job, truths.get(job.jobId)));
  context.out.list({ items }, JOB_LIST);
  context.note(
    'every demo job has its outcome; `jobctl job get ID` shows its attempts, `jobctl dlq retry ID` replays a dead one',
  );
  return EXIT.ok;
};

/** Started by npm, there is no jobctl on the PATH. */
const nextSteps = (url: string, api: string, jobctl: string): string => `
In another terminal:
  export JOBCTL_STORE=${url}
  ${jobctl} submit exec --payload '{"command":["sh","-c","echo hi"]}' --wait
  ${jobctl} dash
  ${jobctl} job list
  ${jobctl} dlq list
  ${jobctl} job explain ID
or by HTTP, as ${api}/docs says. Ctrl-C ends this one.
`;

// graphile-worker, as its documentation recommends for throughput: a local queue, and completions in batches.
import { makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';

const TASK = 'bench';
const LOCAL_QUEUE = 500;
const POOL = 20;

const tell = (error) => void process.stderr.write(`graphile-worker: ${error.message}\n`);

export const openClient = async ({ connectionString }) => {
  const pool = new pg.Pool({ connectionString, max: 10 });
  // A connection that breaks while nobody uses it would end this process, and what it started would stay.
  pool.on('error', tell);
  pool.on('connect', (connection) => connection.on('error', tell));
  const utils = await makeWorkerUtils({ pgPool: pool });
  await utils.migrate();
  let cleared = 0;
  const total = async () => {
    const { rows } = await pool.query('SELECT count(*) AS n FROM graphile_worker._private_jobs');
    return Number(rows[0].n);
  };
  let added = 0;
  return {
    submit: async (payload, delayMs) => {
      await utils.addJob(TASK, payload, delayMs > 0 ? { runAt: new Date(Date.now() + delayMs) } : {});
      added += 1;
    },
    submitMany: async (payloads) => {
      await utils.addJobs(payloads.map((payload) => ({ identifier: TASK, payload })));
      added += payloads.length;
    },
    /** A job that has succeeded is deleted. */
    finished: async () => added - cleared - (await total()),
    clear: async () => {
      await pool.query('TRUNCATE graphile_worker._private_jobs CASCADE');
      cleared = added;
    },
    close: async () => {
      await utils.release();
      await pool.end();
    },
  };
};

export const startWorker = async ({ connectionString }, { concurrency, handle }) => {
  await run({
    connectionString,
    noHandleSignals: true,
    crontab: '',
    taskList: { [TASK]: (payload, helpers) => handle(payload, helpers.job.attempts) },
    preset: {
      worker: {
        concurrentJobs: concurrency,
        maxPoolSize: POOL,
        pollInterval: 500,
        localQueue: { size: Math.max(LOCAL_QUEUE, concurrency) },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
};

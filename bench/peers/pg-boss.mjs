// pg-boss, as its documentation recommends for many small jobs: batches, a fetch after a full batch at once, LISTEN and NOTIFY.
import { PgBoss } from 'pg-boss';

const NAME = 'bench';
const BATCH = 500;

const bossOf = ({ connectionString }, further) => new PgBoss({ connectionString, useListenNotify: true, ...further });

const silence = (boss) => {
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  return boss;
};

export const openClient = async (config) => {
  const boss = silence(bossOf(config, { supervise: false, schedule: false }));
  await boss.start();
  const make = () => boss.createQueue(NAME, { notify: true, retryLimit: 2 });
  await make();
  return {
    submit: (payload, delayMs) =>
      boss.send(NAME, payload, delayMs > 0 ? { startAfter: new Date(Date.now() + delayMs) } : {}),
    submitMany: (payloads) =>
      boss.insert(
        NAME,
        payloads.map((data) => ({ data })),
      ),
    finished: async () => {
      const { rows } = await boss
        .getDb()
        .executeSql("SELECT count(*) AS n FROM pgboss.job WHERE name = 'bench' AND state = 'completed'");
      return Number(rows[0].n);
    },
    clear: async () => {
      await boss.deleteAllJobs(NAME);
    },
    close: () => boss.stop({ graceful: false }),
  };
};

export const startWorker = async (config, { concurrency, handle }) => {
  const boss = silence(bossOf(config, {}));
  await boss.start();
  await boss.createQueue(NAME, { notify: true, retryLimit: 2 });
  const options = {
    batchSize: Math.max(BATCH, concurrency),
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
    notifyPollingIntervalSeconds: 0.5,
    includeMetadata: true,
  };
  await boss.work(NAME, options, async (jobs) => {
    await Promise.all(jobs.map((job) => handle(job.data, job.retryCount + 1)));
  });
};

// BullMQ, as its documentation recommends: one connection a queue, one worker with a concurrency, jobs added in bulk by addBulk.
import { Queue, Worker } from 'bullmq';

const NAME = 'bench';
/** Finished jobs are kept, as jobctl keeps them. */
const OPTIONS = { attempts: 3 };

const connectionOf = ({ port }) => ({ host: '127.0.0.1', port, maxRetriesPerRequest: null });

export const openClient = async (config) => {
  const queue = new Queue(NAME, { connection: connectionOf(config) });
  await queue.waitUntilReady();
  return {
    submit: (payload, delayMs) => queue.add(NAME, payload, { ...OPTIONS, ...(delayMs > 0 ? { delay: delayMs } : {}) }),
    submitMany: (payloads) => queue.addBulk(payloads.map((data) => ({ name: NAME, data, opts: OPTIONS }))),
    finished: () => queue.getCompletedCount(),
    clear: () => queue.obliterate({ force: true }),
    close: () => queue.close(),
  };
};

export const startWorker = async (config, { concurrency, handle }) => {
  const worker = new Worker(NAME, (job) => handle(job.data, job.attemptsStarted ?? job.attemptsMade + 1), {
    connection: connectionOf(config),
    concurrency,
  });
  await worker.waitUntilReady();
};

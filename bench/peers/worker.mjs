// A worker of a peer, as a process of its own: runs jobs that do nothing, and writes down when each was started, as the handlers
// of jobctl's own benchmark do. `node worker.mjs PEER CONFIG TRACE CONCURRENCY`.
import { appendFileSync } from 'node:fs';

const [peer = '', config = '{}', trace = '', concurrency = ''] = process.argv.slice(2);
const WRITE_AFTER_MS = 10;
const NS_PER_MS = 1e6;
const lines = [];

const write = () => {
  appendFileSync(trace, lines.splice(0).join(''));
};

const handle = async ({ n, dueMs = 0, sleepMs = 0 }, attempt) => {
  const atMs = Number(process.hrtime.bigint()) / NS_PER_MS;
  lines.push(`${n} ${attempt} ${atMs.toFixed(3)} ${Date.now()} ${dueMs}\n`);
  if (lines.length === 1) setTimeout(write, WRITE_AFTER_MS);
  if (sleepMs > 0) await new Promise((resolve) => setTimeout(resolve, sleepMs));
};

const { startWorker } = await import(`./${peer}.mjs`);
await startWorker(JSON.parse(config), { concurrency: Number(concurrency), handle });

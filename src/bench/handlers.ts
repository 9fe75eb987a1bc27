// The handlers of a benchmark, as a file for `jobctl worker --handlers`: they do what the payload says, and write down when.
import { appendFileSync } from 'node:fs';
import { systemClock } from '../platform/clock.ts';
import { machineMs } from '../platform/machine-time.ts';
import { type BenchPayload, startLine, TRACE_VARIABLE } from './trace-format.ts';

/** What a handlers file is given: docs/handlers.md. */
interface Job {
  readonly payload: unknown;
  readonly attempt: number;
  readonly nominalTime: Date;
}

/** Lines wait for each other so long at most, ms: writing each by itself would be measured, too. */
const WRITE_AFTER_MS = 10;
const lines: string[] = [];

const write = async (): Promise<void> => {
  await systemClock.sleep(WRITE_AFTER_MS);
  appendFileSync(process.env[TRACE_VARIABLE] ?? '', lines.splice(0).join(''));
};

const bench = async (job: Job): Promise<null> => {
  const { n, sleepMs = 0, cpuMs = 0, failures = 0 } = job.payload as BenchPayload;
  const [atMs, wallMs] = [machineMs(), systemClock.wallMs()];
  lines.push(startLine({ n, attempt: job.attempt, atMs, wallMs, nominalMs: job.nominalTime.getTime() }));
  if (lines.length === 1) void write();
  if (sleepMs > 0) await systemClock.sleep(sleepMs);
  while (machineMs() < atMs + cpuMs); // computes
  if (job.attempt <= failures) throw new Error('as its payload says');
  return null;
};

export default { bench };

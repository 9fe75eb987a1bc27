// jobctl as a library: `import { connect } from 'jobctl'`. A composition root, as src/main.ts is that of the program: only
// here adapters are constructed for a program that uses jobctl. What is exported here is what is promised (docs/library.md).
import { hostname } from 'node:os';
import { packageVersion } from './commands/version.ts';
import type { Event } from './core/ports/events.ts';
import { Jobctl } from './library/jobctl.ts';
import { systemClock } from './platform/clock.ts';
import { systemRandom } from './platform/random.ts';
import { openStore } from './store/open.ts';

export type { JobView } from './core/job/view.ts';
export type { HeldLock } from './core/lock/held-lock.ts';
export { type ErrorCode, JobctlError } from './core/model/errors.ts';
export type { Event } from './core/ports/events.ts';
export type { UserContext, UserHandler, UserJob } from './handlers/user-handler.ts';
export {
  FENCING_HEADER,
  fencingHeaders,
  type GuardedHeaders,
  type HttpVerdict,
  httpGuard,
  type SqlGuard,
  type SqlGuardOptions,
  sqlGuard,
  type TokenMemory,
} from './library/guards.ts';
export type {
  HandlersFile,
  Jobctl,
  LockOptions,
  RunningWorker,
  SubmitJob,
  SubmittedJob,
  WaitOptions,
  WorkerSettings,
} from './library/jobctl.ts';

export interface ConnectOptions {
  /** As `--store` takes it: `sqlite:FILE`. */
  readonly store: string;
  /** Buckets of a store that is created by this. Default 16; an existing store keeps its own number. */
  readonly bucketCount?: number;
  /** Gets everything that happens: log lines and metrics are made of it. May not throw. */
  readonly onEvent?: (event: Event) => void;
}

/**
 * Opens a store. Dispose of what you get: `await using jobctl = await connect({ store: 'sqlite:./jobs.db' })`. Throws a
 * usage error for a URL that cannot be read, and a retryable one when the store does not answer.
 */
export const connect = async ({ store: url, bucketCount, onEvent = () => {} }: ConnectOptions): Promise<Jobctl> => {
  const store = await openStore(url, bucketCount === undefined ? {} : { bucketCount });
  return new Jobctl({
    store,
    clock: systemClock,
    random: systemRandom,
    events: { emit: onEvent },
    address: `${hostname()}-${process.pid}`,
    version: packageVersion(),
  });
};

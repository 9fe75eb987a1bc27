// Before anything is broken: every bucket is with the worker that is to own it, one job is run and one lock is held; or nothing is
// done at all.
import { jobWait } from '../../core/job/control.ts';
import { ownerMap } from '../../core/job/owners.ts';
import { createSubmitter } from '../../core/job/submit.ts';
import { lockHold } from '../../core/lock/held-lock.ts';
import { EXIT, errorText, JobctlError } from '../../core/model/errors.ts';
import type { Random } from '../../core/model/ids.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Store } from '../../core/ports/store.ts';
import { secondsText } from '../breakage.ts';
import type { Recorder } from '../history/history.ts';
import type { Script } from '../workload/script.ts';
import { ONLOOKER } from './onlooker.ts';

/** From starting the workers until a job of theirs is over, ms. */
const SERVES_WITHIN_MS = 60_000;
const CANARY: Script = { tag: 'canary', ms: 0, fail: 0, fatal: false, deaf: false, snoozeMs: 0 };

interface CanaryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly recorder: Recorder;
  /** How many there are: a fault of one that owns nothing shows nothing. */
  readonly workers: number;
  readonly report: (text: string) => void;
}

/** Throws CHAOS_NOT_STEADY. */
export const assertServes = async ({ store, clock, random, recorder, report, workers }: CanaryDeps): Promise<void> => {
  const deps = { store, clock, random, events: { emit: () => {} } };
  const given = { tag: CANARY.tag, key: null, dueMs: clock.wallMs() };
  const operation = recorder.begin(ONLOOKER, 'submit', given);
  const beganMs = clock.monotonicMs();
  try {
    const submitted = await createSubmitter(deps).submit({ type: 'do', payload: JSON.stringify(CANARY) });
    recorder.end(operation, 'ok', submitted);
    const { id } = submitted;
    const state = await jobWait({ store, clock }, id, { timeoutMs: SERVES_WITHIN_MS });
    if (state !== 'succeeded') throw new Error(`a job ended as ${state}`);
    const request = { name: 'user/canary', waitMs: 0, leaseMs: 4_000, note: '', address: 'chaos' };
    await (await lockHold(deps, request)).release();
    await untilSpread(store, clock, workers);
  } catch (cause) {
    throw new JobctlError('CHAOS_NOT_STEADY', EXIT.unavailable, 'the system does not serve: nothing was broken', {
      detail: errorText(cause),
      hint: 'the logs of its processes are in the folder of the run',
      cause,
    });
  }
  report(`it serves: a job was run, a lock was held, ${secondsText(clock.monotonicMs() - beganMs)}`);
};

const SPREAD_WITHIN_MS = 60_000;
const LOOK_MS = 500;

/** Workers that come later take over their share by and by. */
const untilSpread = async (store: Store, clock: Clock, workers: number): Promise<void> => {
  const endsMs = clock.monotonicMs() + SPREAD_WITHIN_MS;
  for (;;) {
    const { buckets } = await ownerMap(store);
    const owners = new Set(buckets.map(({ owner }) => owner));
    if (owners.size >= workers && buckets.every(({ owner, target }) => owner !== null && owner === target)) return;
    if (clock.monotonicMs() >= endsMs) throw new Error(`${owners.size} of ${workers} workers own buckets`);
    await clock.sleep(LOOK_MS);
  }
};

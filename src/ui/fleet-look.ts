// One look at everything that changes are told of, by operations of the API: on the store, or asked of a scheduler.
import type { FleetLook } from '../core/fleet-changes.ts';
import type { LetterView } from '../core/job/letter-view.ts';
import type { MemberView } from '../core/job/member-view.ts';
import type { LockView } from '../core/lock/lock-view.ts';
import { LIST_ROWS_MAX } from '../core/model/limits.ts';
import type { Overview } from '../core/overview.ts';

/** Of dead letters only the newest: those of before are known. */
const LETTERS_LOOKED_AT = 20;

interface Items<Row> {
  readonly items: readonly Row[];
}

/** An operation of the API by its id. */
export type Ask = <Result>(
  operation: string,
  asked?: {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number | undefined>>;
    readonly body?: Readonly<Record<string, unknown>>;
  },
) => Promise<Result>;

export const fleetLook = async (ask: Ask): Promise<FleetLook> => {
  const limit = LIST_ROWS_MAX;
  const [overview, workers, schedulers, locks, letters, schedules] = await Promise.all([
    ask<Overview>('overview'),
    ask<Items<MemberView>>('workerList'),
    ask<Items<MemberView>>('schedulerList'),
    ask<Items<LockView>>('lockList'),
    ask<Items<LetterView>>('deadLetterList', { query: { limit: LETTERS_LOOKED_AT } }),
    ask<Items<FleetLook['schedules'][number]>>('scheduleList', { query: { limit } }),
  ]);
  return {
    ...{ overview, workers: workers.items, schedulers: schedulers.items, locks: locks.items },
    ...{ letters: letters.items, schedules: schedules.items },
  };
};

// What the store still knows of the past, as changes: what died, what was ordered, who has come, which schedules are new.
import type { FleetChange, FleetLook } from '../core/fleet-changes.ts';
import type { LetterView } from '../core/job/letter-view.ts';
import type { MemberView } from '../core/job/member-view.ts';
import type { OwnerMap, PlacementView } from '../core/job/owners.ts';
import { LIST_ROWS_MAX } from '../core/model/limits.ts';
import { isoTime } from '../core/model/time.ts';
import type { Ask } from './fleet-look.ts';

/** The oldest first. */
export const pastChanges = async (ask: Ask, look: FleetLook, sinceMs: number): Promise<readonly FleetChange[]> => {
  const since = isoTime(sinceMs);
  const [letters, owners] = await Promise.all([
    ask<{ readonly items: readonly LetterView[] }>('deadLetterList', { query: { since, limit: LIST_ROWS_MAX } }),
    ask<OwnerMap>('bucketOwners'),
  ]);
  const pins = owners.buckets.flatMap(({ bucket, placement }) =>
    placement?.kind === 'pin' ? [placed(`bucket/${bucket}`, placement)] : [],
  );
  const found = [
    ...letters.items.map(dead),
    ...look.workers.map((member) => come('worker', member)),
    ...look.schedulers.map((member) => come('scheduler', member)),
    ...look.schedules.flatMap(scheduled),
    ...pins,
    ...owners.drained.map((order) => placed(`worker/${order.worker}`, order)),
  ];
  return found.filter(({ at }) => at >= since).toSorted((left, right) => left.at.localeCompare(right.at));
};

const dead = ({ id, type, error, failedAt }: LetterView): FleetChange => ({
  ...{ at: failedAt, kind: 'dlq', subject: `job/${id}`, text: `${type} is a dead letter: ${error}`, tone: 'bad' },
});

const come = (kind: 'worker' | 'scheduler', { id, startedAt }: MemberView): FleetChange => ({
  ...{ at: startedAt, kind, subject: `${kind}/${id}`, text: 'has come', tone: 'good' },
});

const placed = (subject: string, { kind, worker, reason, by, at }: PlacementView): FleetChange => {
  const what = kind === 'pin' ? `to be owned by ${worker}` : 'to own nothing';
  return { at, kind: 'bucket', subject, text: `${what}, said ${by}: ${reason ?? 'no reason given'}`, tone: 'plain' };
};

const scheduled = (schedule: FleetLook['schedules'][number]): readonly FleetChange[] => {
  const { name, version, createdAt, updatedAt, paused } = schedule;
  const told = (at: string, text: string): FleetChange => ({
    ...{ at, kind: 'schedule', subject: `schedule/${name}`, text, tone: 'plain' },
  });
  const why = paused === null ? '' : `, and is paused: ${paused.reason || 'no reason given'}`;
  return [told(createdAt, 'made'), ...(version > 1 ? [told(updatedAt, `changed to version ${version}${why}`)] : [])];
};

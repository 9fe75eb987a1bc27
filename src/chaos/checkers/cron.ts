// C1-C3: what schedules promise.
import { jobDueMs } from '../../core/model/ids.ts';
import { isTerminal, type JobRow } from '../../core/model/job.ts';
import { parseOverlap } from '../../core/model/schedule.ts';
import type { History, Operation } from '../history/history.ts';
import { timelinesOf } from './timelines.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

/** A measurement of the store's clock may be wrong by this, ms. */
const MEASURED_WITHIN_MS = 1_000;

interface Submitted {
  readonly job: JobRow;
  readonly operation: Operation<'append'>;
}

const submittedBySlot = (history: History): ReadonlyMap<string, readonly Submitted[]> => {
  const slots = new Map<string, Submitted[]>();
  for (const operation of history.of('append')) {
    for (const job of operation.given.jobs ?? []) {
      const { schedule } = job.spec;
      if (schedule === undefined) continue;
      const slot = `${schedule.name}/${schedule.slotMs}`;
      slots.set(slot, [...(slots.get(slot) ?? []), { job, operation }]);
    }
  }
  return slots;
};

const eachSlotOnce = (history: History): Violation | null => {
  for (const [slot, submitted] of submittedBySlot(history)) {
    const [first, ...others] = submitted;
    const other = others.find(({ job }) => job.jobId !== first?.job.jobId);
    if (other !== undefined) return violation(`slot ${slot} led to two jobs`, first?.operation, other.operation);
  }
  const broken = history.of('audit').findLast(() => true);
  if (broken === undefined) return null;
  const [problem] = broken.given;
  return problem === undefined ? null : violation(`${problem} is not accounted for`, broken);
};

const noneEarly = (history: History): Violation | null => {
  for (const [slot, submitted] of submittedBySlot(history)) {
    for (const { job, operation } of submitted) {
      const slotMs = job.spec.schedule?.slotMs ?? 0;
      const earlyMs = slotMs - (history.startWallMs + operation.startMs);
      if (earlyMs > history.skewMs + MEASURED_WITHIN_MS) {
        return violation(`slot ${slot} was fired ${Math.round(earlyMs)} ms before its time`, operation);
      }
      if (jobDueMs(job.jobId) < slotMs) return violation(`the job of slot ${slot} is due before it`, operation);
    }
  }
  return null;
};

/** Jobs of earlier slots that may not be over, and slots that are fired in all, as the schedule says. Backfills count apart. */
const noneTooMany = (history: History): Violation | null => {
  const rules = new Map(history.of('schedule').map(({ given }) => [given.name, given.rules]));
  const timelines = timelinesOf(history);
  for (const [name, fired] of firedBySchedule(history)) {
    const { overlap = 'allow', maxFires = null } = rules.get(name) ?? {};
    const { atOnce = Number.POSITIVE_INFINITY } = parseOverlap(overlap) ?? {};
    if (maxFires !== null && fired.length > maxFires) {
      return violation(
        `schedule ${name} was fired ${fired.length} times, ${maxFires} are allowed`,
        fired.at(-1)?.operation,
      );
    }
    for (const [index, { operation, job }] of fired.entries()) {
      const open = fired.slice(0, index).filter((earlier) => {
        const end = timelines.get(earlier.job.jobId)?.attempts.find(({ row }) => isTerminal(row.state));
        return end === undefined || end.append.start > operation.start;
      });
      if (open.length >= atOnce) {
        const before = open.map((each) => each.job.jobId).join(', ');
        return violation(`job ${job.jobId} of ${name} was submitted while ${before} were not over`, operation);
      }
    }
  }
  return null;
};

/** The first write of each job, in their order. */
const firedBySchedule = (history: History): ReadonlyMap<string, readonly Submitted[]> => {
  const schedules = new Map<string, Submitted[]>();
  for (const [submitted] of submittedBySlot(history).values()) {
    const schedule = submitted?.job.spec.schedule;
    if (submitted === undefined || schedule === undefined || schedule.isBackfill === true) continue;
    schedules.set(schedule.name, [...(schedules.get(schedule.name) ?? []), submitted]);
  }
  for (const fired of schedules.values()) fired.sort((left, right) => left.operation.start - right.operation.start);
  return schedules;
};

const fires = (history: History): number => submittedBySlot(history).size;

export const CRON_CHECKERS: readonly Checker[] = [
  {
    invariant: 'C1',
    claim: 'every slot of a schedule is accounted for, and leads to one job at most',
    subjects: fires,
    subjectsMin: 20,
    check: eachSlotOnce,
  },
  {
    invariant: 'C3',
    claim: 'no more jobs of a schedule at once, or in all, than it allows',
    subjects: fires,
    subjectsMin: 20,
    check: noneTooMany,
  },
  { invariant: 'C2', claim: 'no slot is fired before its time', subjects: fires, subjectsMin: 20, check: noneEarly },
];

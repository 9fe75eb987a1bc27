// C1-C2: what schedules promise.
import { jobDueMs } from '../../../src/core/model/ids.ts';
import type { JobRow } from '../../../src/core/model/job.ts';
import type { History, Operation } from '../history.ts';
import { START_MS } from '../machine.ts';
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
      const earlyMs = slotMs - (START_MS + operation.startMs);
      if (earlyMs > history.skewMs + MEASURED_WITHIN_MS) {
        return violation(`slot ${slot} was fired ${Math.round(earlyMs)} ms before its time`, operation);
      }
      if (jobDueMs(job.jobId) < slotMs) return violation(`the job of slot ${slot} is due before it`, operation);
    }
  }
  return null;
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
  { invariant: 'C2', claim: 'no slot is fired before its time', subjects: fires, subjectsMin: 20, check: noneEarly },
];

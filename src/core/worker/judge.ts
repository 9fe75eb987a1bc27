// What to do about a pointer, given the job's truth. A pure function: it is obeyed only while the truth is the one it was
// written against (I5).
import { type Fence, fenceSequence, NO_FENCE } from '../model/ids.ts';
import { isTerminal, isWaiting, type PointerRow } from '../model/job.ts';
import type { Truth } from '../ports/store.ts';

export type Judgement =
  /** Take it in hand; `replay`: as if it had never been attempted. */
  | { readonly kind: 'run' | 'replay' | 'cancel' }
  | { readonly kind: 'reschedule'; readonly targetMs: number }
  /** The job's own row is not to be run when it is found. */
  | { readonly kind: 'pass-over' }
  /** Written by an owner that lost the bucket before it could write the truth that goes with it. */
  | { readonly kind: 'ghost' }
  | { readonly kind: 'ignore' };

export const judgePointer = (pointer: PointerRow, truth: Truth | undefined): Judgement => {
  const isCurrent = (truth?.fence ?? NO_FENCE) === pointer.fence;
  switch (pointer.op) {
    case 'late':
      return { kind: truth === undefined ? 'run' : 'ignore' };
    case 'marker':
      return { kind: truth === undefined ? 'ignore' : 'pass-over' };
    case 'retry':
      if (isCurrent && truth !== undefined && isWaiting(truth.state)) return { kind: 'run' };
      return { kind: isGhost(pointer.fence, truth) ? 'ghost' : 'ignore' };
    case 'cancel':
      return { kind: isCurrent && !(truth !== undefined && isTerminal(truth.state)) ? 'cancel' : 'ignore' };
    case 'replay':
      return { kind: isCurrent && truth !== undefined && isReplayable(truth) ? 'replay' : 'ignore' };
    case 'reschedule':
      return isCurrent ? judgeReschedule(pointer.targetMs, truth) : { kind: 'ignore' };
    default:
      return pointer.op satisfies never;
  }
};

const judgeReschedule = (targetMs: number | null, truth: Truth | undefined): Judgement => {
  const isOpen = truth === undefined || isWaiting(truth.state);
  return isOpen && targetMs !== null ? { kind: 'reschedule', targetMs } : { kind: 'ignore' };
};

const isReplayable = (truth: Truth): boolean => isTerminal(truth.state) && truth.state !== 'succeeded';

/** The truth it announces never came, and the attempt was declared lost instead. A consumed pointer is no ghost. */
const isGhost = (fence: Fence, truth: Truth | undefined): boolean =>
  truth === undefined ||
  fence > truth.fence ||
  (truth.state === 'lost' && fenceSequence(truth.fence) === fenceSequence(fence) + 1);

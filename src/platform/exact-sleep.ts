// Waiting for a moment more exactly than a timer can: the last part by turns of the event loop, which others use meanwhile.
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { machineMs } from './machine-time.ts';

/** A timer is late by up to so much, ms. */
const TIMER_LATE_MS = 1.5;

/** After what is ready to run now. */
export const nextTurn = (): Promise<void> => setImmediate();

/** Resolves at once when that moment has passed. */
export const untilMachineMs = async (atMs: number): Promise<void> => {
  const leftMs = atMs - machineMs();
  if (leftMs > 2 * TIMER_LATE_MS) await sleep(leftMs - TIMER_LATE_MS);
  while (machineMs() < atMs) await nextTurn();
};

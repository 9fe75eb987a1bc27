// Stops a process and lets it go on, again and again: it runs for a share of the time.
import type { Clock } from '../core/ports/clock.ts';
import { identify, signalProcess } from '../platform/process-identity.ts';

const ROUND_MS = 100;

/** Until the signal aborts, or the process has ended. It runs when this returns. */
export const runStutter = async (pid: number, share: number, clock: Clock, stop: AbortSignal): Promise<void> => {
  const target = await identify(pid);
  while (target !== null && !stop.aborted && (await signalProcess(target, 'SIGSTOP'))) {
    await clock.sleep(ROUND_MS * (1 - share), stop);
    await signalProcess(target, 'SIGCONT');
    await clock.sleep(ROUND_MS * share, stop);
  }
};

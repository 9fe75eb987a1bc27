// Mends what is broken when the process that broke it is gone: a process of its own that waits for that, or for the deadline.
import { spawn } from 'node:child_process';
import type { Clock } from '../core/ports/clock.ts';
import type { ActiveRun, Journal } from './journal.ts';

/** Who made the fault has so long to mend it before the watchdog does, ms. */
const GRACE_MS = 60_000;

/** Outlives this process; sees its end by the end of a pipe. */
export const startWatchdog = (argv: readonly string[]): void => {
  const script = process.argv[1] ?? '';
  const child = spawn(process.execPath, [script, ...argv], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
};

/** Resolves with what is to be mended; null: it was. */
export const untilGone = async (
  journal: Journal,
  clock: Clock,
  parent: AsyncIterable<unknown>,
): Promise<ActiveRun | null> => {
  const watched = await journal.active();
  const late = new AbortController();
  let isGone = false;
  const gone = ended(parent).then(() => {
    isGone = true;
  });
  try {
    for (;;) {
      const left = await journal.active();
      if (left === null || left.run !== watched?.run) return null;
      // Read anew: what takes long to make ends later.
      const leftMs = left.untilMs + GRACE_MS - clock.wallMs();
      if (isGone || leftMs <= 0) return left;
      await Promise.race([gone, clock.sleep(leftMs, late.signal)]);
    }
  } finally {
    late.abort(); // a timer would keep this process for minutes
  }
};

const ended = async (parent: AsyncIterable<unknown>): Promise<void> => {
  try {
    for await (const _ of parent) void _;
  } catch {
    // a pipe that breaks has ended, too
  }
};

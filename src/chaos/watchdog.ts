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
  if (watched === null) return null;
  const late = new AbortController();
  const gone = ended(parent);
  await Promise.race([gone, clock.sleep(Math.max(0, watched.untilMs - clock.wallMs()) + GRACE_MS, late.signal)]);
  late.abort();
  const left = await journal.active();
  return left?.run === watched.run ? left : null;
};

const ended = async (parent: AsyncIterable<unknown>): Promise<void> => {
  try {
    for await (const _ of parent) void _;
  } catch {
    // a pipe that breaks has ended, too
  }
};

// The last lines of a node's log, and those that follow.
import { open, stat } from 'node:fs/promises';
import type { Clock } from '../../core/ports/clock.ts';
import { lastLines } from './node.ts';

/** How often a file is asked for more, ms. */
const POLL_MS = 300;
const READ_BYTES_MAX = 1_048_576;

export interface Tail {
  readonly file: string;
  readonly lines: number;
  readonly end: 'last-line' | 'follow';
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export const tail = async function* ({ file, lines, end, clock, signal }: Tail): AsyncGenerator<string> {
  let position = await sizeOf(file);
  yield* await lastLines(file, lines);
  let rest = Buffer.alloc(0);
  while (end === 'follow' && !signal.aborted) {
    await clock.sleep(POLL_MS, signal);
    const size = await sizeOf(file);
    // Smaller: the log was rolled, and begins anew.
    if (size < position) position = 0;
    if (size === position) continue;
    const bytes = await readFrom(file, position, Math.min(size - position, READ_BYTES_MAX));
    position += bytes.length;
    const all = Buffer.concat([rest, bytes]);
    const whole = all.lastIndexOf('\n') + 1;
    rest = all.subarray(whole);
    if (whole > 0) yield* all.toString('utf8', 0, whole - 1).split('\n');
  }
};

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => ({ size: 0 }))).size;

const readFrom = async (file: string, position: number, length: number): Promise<Buffer> => {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

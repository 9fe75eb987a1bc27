// What a worker or a scheduler does to itself when it is told to, as a broken machine would: its event loop stands still, or its
// clock is wrong. It is told by a file and SIGUSR2, and listens only where it may be broken.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { FAULT_MAX_MS } from '../core/model/chaos.ts';
import { machineMs } from '../platform/machine-time.ts';
import { listenToOrderSignal } from '../platform/process-signals.ts';
import { setWallClock } from '../platform/wall-clock.ts';

const ORDER = z.union([
  z.strictObject({ blockMs: z.number().min(0).max(FAULT_MAX_MS) }),
  z.strictObject({ clockOffsetMs: z.number() }),
]);
export type Order = z.infer<typeof ORDER>;

export const orderText = (order: Order): string => JSON.stringify(order);

/** What was obeyed last: it is in effect. */
export const obeyedFile = (file: string): string => `${file}.obeyed`;

/** Returns how to stop listening. A file that cannot be read is no order. */
export const obeyOrders = (file: string): (() => void) =>
  listenToOrderSignal(() => {
    const order = readOrder(file);
    if (order === null) return;
    writeFileSync(obeyedFile(file), orderText(order));
    if ('clockOffsetMs' in order) setWallClock(order.clockOffsetMs);
    else standStill(order.blockMs);
  });

const readOrder = (file: string): Order | null => {
  try {
    return ORDER.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
};

/** As a long collection of garbage: sockets stay open, nothing is answered. */
const standStill = (ms: number): void => {
  const untilMs = machineMs() + ms;
  while (machineMs() < untilMs);
};

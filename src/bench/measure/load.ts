// Two ways to ask for work. Open: at times that are fixed before, whether or not earlier work is done, as users do; a system that
// stalls is charged for everything that waited. Closed: so many callers, each asks again when it has its answer; it says how much
// can be done at most, and nothing about latency, since callers wait with the system.
import { untilMachineMs } from '../../platform/exact-sleep.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { Latencies } from './latencies.ts';

const MS_PER_S = 1_000;
/** Asked for and not answered at one time; beyond it is dropped, and counted. */
const IN_FLIGHT_MAX = 10_000;
/** A run whose generator was late by more than this, and by more than a tenth of the median, measures the generator; ms. */
const SEND_LAG_MAX_MS = 1;
const SEND_LAG_SHARE_MAX = 0.1;
const DROPPED_SHARE_MAX = 0.001;

export interface OpenLoop {
  /** A second. */
  readonly rate: number;
  readonly durationMs: number;
  readonly signal: AbortSignal;
  /** Resolves when it is answered. `n` counts from 0; `intendedMs` is on the clock of the machine. */
  readonly send: (n: number, intendedMs: number) => Promise<unknown>;
}

export interface OpenLoopResult {
  /** From the moment it was meant to be sent. */
  readonly response: Latencies;
  /** From the moment it was sent. */
  readonly service: Latencies;
  readonly sendLag: Latencies;
  readonly sent: number;
  readonly errors: number;
  readonly dropped: number;
  /** Answers a second. */
  readonly achievedRate: number;
  readonly durationMs: number;
  /** By second: what was answered, its latencies. */
  readonly seconds: readonly Second[];
}

export interface Second {
  ok: number;
  errors: number;
  readonly response: Latencies;
}

export const openLoop = async ({ rate, durationMs, signal, send }: OpenLoop): Promise<OpenLoopResult> => {
  const [response, service, sendLag] = [new Latencies(), new Latencies(), new Latencies()];
  const count = Math.max(1, Math.round((rate * durationMs) / MS_PER_S));
  const startMs = machineMs() + 1;
  const seconds: Second[] = Array.from({ length: Math.ceil(durationMs / MS_PER_S) }, newSecond);
  let [inFlight, sent, errors, dropped] = [0, 0, 0, 0];
  const under: Promise<void>[] = [];
  const one = async (n: number, intendedMs: number): Promise<void> => {
    const sentMs = machineMs();
    const second = seconds[Math.min(seconds.length - 1, Math.floor((intendedMs - startMs) / MS_PER_S))];
    sendLag.record(sentMs - intendedMs);
    inFlight += 1;
    sent += 1;
    try {
      await send(n, intendedMs);
      const doneMs = machineMs();
      response.record(doneMs - intendedMs);
      second?.response.record(doneMs - intendedMs);
      service.record(doneMs - sentMs);
      if (second !== undefined) second.ok += 1;
    } catch {
      errors += 1;
      if (second !== undefined) second.errors += 1;
    } finally {
      inFlight -= 1;
    }
  };
  for (let n = 0; n < count && !signal.aborted; n += 1) {
    const intendedMs = startMs + (n * MS_PER_S) / rate;
    await untilMachineMs(intendedMs);
    if (inFlight >= IN_FLIGHT_MAX) dropped += 1;
    else under.push(one(n, intendedMs));
  }
  await Promise.all(under);
  const tookMs = machineMs() - startMs;
  const achievedRate = ((sent - errors) * MS_PER_S) / Math.max(durationMs, tookMs);
  return { response, service, sendLag, sent, errors, dropped, achievedRate, durationMs: tookMs, seconds };
};

const newSecond = (): Second => ({ ok: 0, errors: 0, response: new Latencies() });

/** Why a run says nothing about the system; null: it does. `latencies` are those that it is about. */
export const saturation = (
  { sendLag, sent, dropped }: Pick<OpenLoopResult, 'sendLag' | 'sent' | 'dropped'>,
  latencies: Latencies,
): string | null => {
  if (dropped > DROPPED_SHARE_MAX * (sent + dropped))
    return `${dropped} requests were dropped: too many were in flight`;
  const lagMs = sendLag.percentile(99);
  if (lagMs <= Math.max(SEND_LAG_MAX_MS, SEND_LAG_SHARE_MAX * latencies.percentile(50))) return null;
  return `generator saturated: one of a hundred was sent ${lagMs.toFixed(1)} ms late or later`;
};

export interface ClosedLoop {
  readonly callers: number;
  /** Asked for in all, or for how long, ms. */
  readonly until: { readonly count: number } | { readonly durationMs: number };
  readonly signal: AbortSignal;
  readonly call: (n: number) => Promise<unknown>;
}

export interface ClosedLoopResult {
  readonly calls: number;
  readonly errors: number;
  readonly durationMs: number;
  readonly service: Latencies;
}

export const closedLoop = async ({ callers, until, signal, call }: ClosedLoop): Promise<ClosedLoopResult> => {
  const service = new Latencies();
  const startMs = machineMs();
  let [asked, errors] = [0, 0];
  const isOver = (): boolean =>
    signal.aborted || ('count' in until ? asked >= until.count : machineMs() - startMs >= until.durationMs);
  const caller = async (): Promise<void> => {
    while (!isOver()) {
      const n = asked;
      asked += 1;
      const sentMs = machineMs();
      try {
        await call(n);
        service.record(machineMs() - sentMs);
      } catch {
        errors += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { calls: asked - errors, errors, durationMs: machineMs() - startMs, service };
};

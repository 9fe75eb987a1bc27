// What a handler of a benchmark is told, and what it writes down: a line for each start.

/** Names the file that a worker's handlers write to. */
export const TRACE_VARIABLE = 'JOBCTL_BENCH_TRACE';

export interface BenchPayload {
  /** Which job it is; below 0: nobody waits for it. */
  readonly n: number;
  readonly sleepMs?: number;
  readonly cpuMs?: number;
  /** So many attempts fail first. */
  readonly failures?: number;
  readonly filler?: string;
}

export interface Start {
  readonly n: number;
  readonly attempt: number;
  /** On the clock of the machine. */
  readonly atMs: number;
  readonly wallMs: number;
  /** When it was due, by the store's clock. */
  readonly nominalMs: number;
}

export const startLine = ({ n, attempt, atMs, wallMs, nominalMs }: Start): string =>
  `${n} ${attempt} ${atMs.toFixed(3)} ${wallMs} ${nominalMs}\n`;

export const parseStart = (line: string): Start => {
  const [n = 0, attempt = 0, atMs = 0, wallMs = 0, nominalMs = 0] = line.split(' ').map(Number);
  return { n, attempt, atMs, wallMs, nominalMs };
};

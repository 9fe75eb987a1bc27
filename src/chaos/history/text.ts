// A history as lines that a person can follow: when, who, what, and what came of it. The same seed gives the same lines.
import type { History, Kind, Operation, Signatures } from './history.ts';

const WIDTHS = { time: 11, who: 9 } as const;

/** Every beginning and end, in order. */
export const formatHistory = (history: History): readonly string[] => {
  const lines: { readonly at: number; readonly text: string }[] = [];
  for (const operation of history.operations) {
    const isNote = operation.end === operation.start + 1;
    const begin = describe(operation);
    const end = isNote ? ` -> ${ending(operation)}` : '';
    lines.push({ at: operation.start, text: line(operation.startMs, operation.who, `${begin}${end}`) });
    if (!isNote && Number.isFinite(operation.end)) {
      lines.push({
        at: operation.end,
        text: line(operation.endMs, operation.who, `  ${operation.f} -> ${ending(operation)}`),
      });
    }
  }
  return lines.toSorted((left, right) => left.at - right.at).map(({ text }) => text);
};

/** One operation with its end, for a verdict. */
export const formatOperation = (operation: Operation): string => {
  const until = Number.isFinite(operation.endMs) ? ` until ${seconds(operation.endMs)}` : ' (no answer)';
  return line(operation.startMs, operation.who, `${describe(operation)} -> ${ending(operation)}${until}`);
};

const line = (ms: number, who: string, text: string): string =>
  `${seconds(ms).padStart(WIDTHS.time)} ${who.padEnd(WIDTHS.who)} ${text}`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(4)}s`;

const ending = ({ outcome, result }: Operation): string => {
  if (outcome !== 'ok') return outcome;
  return result === null ? 'ok' : short(JSON.stringify(result));
};

type Describers = { readonly [F in Kind]?: (given: Signatures[F][0]) => string };

const DESCRIBERS: Describers = {
  append: ({ bucket, slot, jobs = [], attempts = [], pointers = [] }) =>
    [
      `${bucket}/${slot}`,
      ...jobs.map(({ jobId }) => `job ${jobId}`),
      ...attempts.map(
        (row) => `attempt ${row.jobId} ${fence(row.fence)} #${row.attempt} ${row.state}${due(row.nextDueMs)}`,
      ),
      ...pointers.map((row) => `pointer ${row.op} ${row.jobId} ${fence(row.fence)}${due(row.dueMs)}`),
    ].join('; '),
  checkpoint: (row) =>
    `bucket ${row.bucket} token ${row.token} low-water ${row.lowWaterMs} except ${row.exceptions.length} in flight ${row.inFlight.map(({ jobId }) => jobId).join(' ')}`,
  purge: ({ bucket, slot }) => `${bucket}/${slot}`,
  letter: (rows) => rows.map(({ job }) => job.jobId).join(' '),
  lockTake: ({ name, expected, session }) => `${name} after token ${expected?.token ?? 0} for ${session.slice(0, 8)}`,
  lockRelease: ({ name, token, session }) => `${name} token ${token} of ${session.slice(0, 8)}`,
  sessionInsert: ({ id }) => id.slice(0, 8),
  sessionRenew: ({ id, beat }) => `${id.slice(0, 8)} beat ${beat}`,
  sessionEnd: ({ id, beat }) => `${id.slice(0, 8)} beat ${beat}`,
  run: (run) => `${run.tag} ${run.id} ${fence(run.fence)} attempt ${run.attempt} of ${run.maxAttempts}`,
  truth: (ids) => `${ids.length} jobs`,
};

const describe = <F extends Kind>({ f, given }: Operation<F>): string => {
  const describer = DESCRIBERS[f] as ((given: Signatures[F][0]) => string) | undefined;
  return `${f} ${describer === undefined ? short(JSON.stringify(given)) : describer(given)}`;
};

const fence = (value: number): string => `${Math.floor(value / 2 ** 20)}.${value % 2 ** 20}`;
const due = (ms: number | null): string => (ms === null ? '' : ` due ${ms}`);

const SHORT = 400;
const short = (text: string): string => (text.length <= SHORT ? text : `${text.slice(0, SHORT)}...`);

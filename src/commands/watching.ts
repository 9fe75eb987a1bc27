// What --watch does: the same look again and again, until a signal. On a terminal it is redrawn; elsewhere what has changed is one line.
import { EXIT, errorText, JobctlError } from '../core/model/errors.ts';
import { flag } from './command.ts';
import type { Context } from './context.ts';
import type { ListView, Page, ResultView } from './output/out.ts';

/** Between two looks, ms. */
const LOOK_MS = 2_000;

export const WATCH_OPTIONS = { watch: { ...flag('look again every 2 s, until a signal'), short: 'w' } } as const;

/** A store that does not answer is said once, and asked again. */
export const keepLooking = async <Seen>(
  context: Context,
  look: () => Promise<Seen>,
  tell: (seen: Seen) => void,
  everyMs = LOOK_MS,
): Promise<number> => {
  const { stop } = context.shutdown();
  let isOut = false;
  while (!stop.aborted) {
    try {
      tell(await look());
      isOut = false;
    } catch (error) {
      if (!(error instanceof JobctlError) || !error.retryable) throw error;
      if (!isOut) context.note(`no answer, still looking: ${errorText(error)}`);
      isOut = true;
    }
    await context.clock.sleep(everyMs, stop);
  }
  return stop.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
};

const isRedrawn = ({ io: { stdout }, out }: Context): boolean => stdout.isTTY && !out.isStructured;

/** On a terminal, before what was seen is told anew. */
export const clearScreen = (context: Context): void => {
  if (isRedrawn(context)) context.io.stdout.write('\u001b[H\u001b[2J');
};

/** All rows each time on a terminal, elsewhere those that are new or have changed. */
export const watchList = <Row>(
  context: Context,
  look: () => Promise<Page<Row>>,
  view: ListView<Row>,
): Promise<number> => {
  if (isRedrawn(context)) {
    return keepLooking(context, look, (page) => {
      clearScreen(context);
      context.out.list(page, view);
    });
  }
  const sink = context.out.results<Row>('stream', lineOf(view));
  let known = new Map<string, string>();
  return keepLooking(context, look, ({ items }) => {
    const seen = new Map(items.map((row) => [view.name(row), JSON.stringify(row)]));
    for (const row of items) if (known.get(view.name(row)) !== seen.get(view.name(row))) sink.add(row);
    known = seen;
  });
};

const lineOf = <Row>({ columns, name }: ListView<Row>): ResultView<Row> => ({
  name,
  text: (row, format) =>
    columns
      .filter(({ wide }) => wide !== true)
      .map(({ cell }) => cell(row, format))
      .join('  '),
});

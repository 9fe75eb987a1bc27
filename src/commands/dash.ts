// jobctl dash: everything at a glance, and in detail, on a screen that stays open. What it draws is in src/ui.
import { parseDuration } from '../config/parse/duration.ts';
import { oneOf, parseText } from '../config/parse/values.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import { DASH_REFRESH_MIN_MS } from '../core/model/limits.ts';
import { VIEW_NAMES } from '../core/model/view-name.ts';
import type { StartOptions } from '../ui/start.tsx';
import { API_OPTIONS, asker } from './ask.ts';
import { defineCommand, flag, option } from './command.ts';
import type { Context } from './context.ts';

const REFRESH_DEFAULT_MS = 2_000;
/** Of a frame whose reader has no width, characters. */
const COLUMNS_DEFAULT = 100;
const ROWS_DEFAULT = 24;

export const dash = defineCommand({
  name: 'dash',
  summary: 'watch everything on one screen, and act on it',
  details: `Nine views: overview, jobs, schedules, dead letters, locks, buckets, workers, nodes, events.
Keys: 1-9 or tab choose a view, enter opens a row, / filters, : goes to a view, ? shows all of them, q leaves. What a key would
change is asked first, with the command that does the same. Only what is on the screen is read. Many dashboards of one system should
ask a scheduler (--api), which reads once for all.`,
  options: {
    once: flag('print one frame and exit; needs no terminal'),
    view: option('<view>', `begin with: ${VIEW_NAMES.join(', ')} (default overview)`, oneOf(VIEW_NAMES)),
    filter: option('<text>', 'begin with this filter, as / takes it', parseText),
    refresh: option('<duration>', 'time from one read to the next (default 2s, at least 1s)', parseDuration),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'leave it open', line: 'jobctl dash' },
    { does: 'what died, for an issue', line: 'jobctl dash --once --view dlq' },
    { does: 'by a scheduler, on a wall', line: 'jobctl dash --api http://localhost:7070 --read-only --refresh 5s' },
  ],
  async run(context, _args, values) {
    const { once = false, view = 'overview', filter = '', refresh = REFRESH_DEFAULT_MS, api } = values;
    if (refresh < DASH_REFRESH_MIN_MS) {
      throw usageError('OPTION_INVALID', `--refresh is ${refresh} ms, at least ${DASH_REFRESH_MIN_MS}`, {
        hint: 'reading costs the store something: 2s is enough for a person',
      });
    }
    const { terminal } = context.io;
    if (!once && (terminal === undefined || context.out.isStructured)) throw noTerminal();
    if (context.io.env.INK_SCREEN_READER === 'true' && !once) return readAloud(context, api);
    // What is said beside the screen would stand in it.
    const ask = await asker({ ...context, events: { emit: () => undefined } }, { api });
    const { stringify } = await import('yaml');
    const { renderOnce, startDashboard } = await import('../ui/start.tsx');
    const { clock } = context;
    const options = {
      ask,
      clock,
      view,
      filter,
      refreshMs: refresh,
      isReadOnly: context.config.values.readOnly === 'yes',
      toYaml: stringify,
    };
    const started = { ...options, ...lookOf(context) };
    if (!once && terminal !== undefined) {
      const left = await startDashboard(started, terminal, context.shutdown().stop);
      return left === 'interrupt' ? EXIT.interrupted : EXIT.ok;
    }
    const { text, snapshot } = await renderOnce(started, { columns: columnsOf(context), rows: ROWS_DEFAULT });
    const { overview, rows, events } = snapshot;
    context.out.result(
      { view, overview, rows: view === 'events' ? events : rows },
      { name: () => view, text: () => text },
    );
    return EXIT.ok;
  },
});

/** A screen that is drawn again and again is no use to a screen reader: lines are. */
const readAloud = async (context: Context, api: string | undefined): Promise<number> => {
  const { events } = await import('./events.ts');
  context.note('INK_SCREEN_READER is set: what changes, line by line, as `jobctl events -F` has it');
  return events.run(context, [], { follow: true, api } as never);
};

const lookOf = ({ io: { env }, out }: Context): Pick<StartOptions, 'isColored' | 'isAscii'> => {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  const isOther = locale !== '' && !/utf-?8/i.test(locale);
  return { isColored: out.style('bad', 'x') !== 'x', isAscii: Boolean(env.JOBCTL_ASCII) || isOther };
};

const columnsOf = ({ io: { stdout, env } }: Context): number => {
  const given = Number(env.COLUMNS);
  return stdout.columns ?? (given > 0 ? given : COLUMNS_DEFAULT);
};

const noTerminal = (): Error =>
  usageError('TERMINAL_NEEDED', 'the dashboard needs a terminal, and this is none', {
    hint: 'one frame as text: `jobctl dash --once`; for a program: `jobctl status -o json`',
  });

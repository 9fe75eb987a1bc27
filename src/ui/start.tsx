// The dashboard on a terminal, until it is left; or one frame of it as text.
import chalk from 'chalk';
import { render, renderToString } from 'ink';
import type { ViewName } from '../core/model/view-name.ts';
import type { Clock } from '../core/ports/clock.ts';
import { App } from './app.tsx';
import { Dashboard } from './dashboard.ts';
import { Feed, type Snapshot } from './feed.ts';
import { Screen } from './panels/screen.tsx';
import { chooseSigns } from './signs.ts';
import type { Ask } from './view.ts';
import { VIEWS } from './views/all.ts';

/** The terminal tells when its window is left and come back to. */
const TELL_FOCUS = '\u001b[?1004h';
const TELL_NO_FOCUS = '\u001b[?1004l';
/** Changes of the screen a second, at most: a person sees no more. */
const FRAMES_MAX = 15;

export interface StartOptions {
  readonly ask: Ask;
  readonly clock: Clock;
  readonly refreshMs: number;
  readonly isReadOnly: boolean;
  readonly view: ViewName;
  readonly filter: string;
  readonly toYaml: (value: unknown) => string;
  readonly isColored: boolean;
  readonly isAscii: boolean;
}

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** Resolves with how it was left. */
export const startDashboard = async (
  options: StartOptions,
  { stdin, stdout }: Terminal,
  stop: AbortSignal,
): Promise<'quit' | 'interrupt'> => {
  prepare(options);
  const left = Promise.withResolvers<'quit' | 'interrupt'>();
  const copy = (text: string): void => {
    stdout.write(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`);
  };
  const { feed, dashboard } = open(options, { quit: left.resolve, copy });
  dashboard.resize({ columns: stdout.columns, rows: stdout.rows });
  const ending = new AbortController();
  const signal = AbortSignal.any([stop, ending.signal]);
  stop.addEventListener('abort', () => left.resolve('quit'), { once: true });
  const screen = render(<App dashboard={dashboard} />, {
    ...{ stdin, stdout, exitOnCtrlC: false, patchConsole: false, interactive: true },
    ...{ alternateScreen: true, incrementalRendering: true, maxFps: FRAMES_MAX },
  });
  void feed.run(signal);
  void dashboard.tick(signal);
  stdout.write(TELL_FOCUS);
  try {
    return await left.promise;
  } finally {
    // A read that is under way may take as long as a store that does not answer: nobody waits for it.
    ending.abort();
    stdout.write(TELL_NO_FOCUS);
    screen.unmount();
    await screen.waitUntilExit();
  }
};

export interface Frame {
  readonly text: string;
  readonly snapshot: Snapshot;
}

/** As wide as is asked for, and as high as its rows need. Throws what reading throws. */
export const renderOnce = async (
  options: StartOptions,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Promise<Frame> => {
  prepare(options);
  const { feed, dashboard } = open(options, { quit: () => undefined, copy: () => undefined });
  await feed.read();
  const { snapshot } = feed;
  if (snapshot.failure !== null) throw snapshot.failure.error;
  dashboard.resize({ columns, rows });
  dashboard.resize({ columns, rows: Math.max(rows, dashboard.rows().length + (rows - dashboard.height)) });
  const text = renderToString(<Screen dashboard={dashboard} />, { columns });
  const lines = text.split('\n').map((line) => line.trimEnd());
  return {
    text: lines
      .filter((line, index) => line !== '' || lines[index - 1] !== '')
      .join('\n')
      .trimEnd(),
    snapshot,
  };
};

const prepare = ({ isColored, isAscii }: StartOptions): void => {
  chooseSigns(isAscii ? 'ascii' : 'unicode');
  chalk.level = isColored ? 1 : 0;
};

const open = (options: StartOptions, { quit, copy }: Pick<Dashboard['options'], 'quit' | 'copy'>) => {
  const { ask, clock, refreshMs, isReadOnly, toYaml, view, filter } = options;
  const feed = new Feed({ ask, clock, views: VIEWS, refreshMs });
  const dashboard = new Dashboard({ feed, views: VIEWS, ask, clock, isReadOnly, toYaml, copy, quit });
  dashboard.show(view, {}, filter);
  return { feed, dashboard };
};

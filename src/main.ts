// The composition root: argv and the outside world go in, an exit code comes out. Only here adapters are constructed, and
// only once a command asks for one, so that `--help` loads nothing but the parser.

import type { Recording } from './chaos/history/recording.ts';
import {
  type Context,
  type Io,
  OutputClosed,
  type OutputStream,
  type Shutdown,
  type Telemetry,
} from './commands/context.ts';
import { asJobctlError, reportFailure } from './commands/failure.ts';
import { createStyle, plainStyle, wantsColor } from './commands/output/style.ts';
import { assertRuns, Planned, showPlans } from './commands/plan.ts';
import { type Invocation, type ParsedGlobals, parseArgv } from './commands/program.ts';
import { COMMANDS } from './commands/registry.ts';
import type { Config } from './config/load.ts';
import { membersFolder } from './config/paths.ts';
import { EXIT } from './core/model/errors.ts';
import type { Store } from './core/ports/store.ts';
import { listenToSignals } from './platform/process-signals.ts';

/** Runs one command line. Never throws and never ends the process; the caller sets the exit code. */
export const main = async (argv: readonly string[], io: Io): Promise<number> => {
  const debug = ownWords(argv).includes('--debug') || Boolean(io.env.JOBCTL_DEBUG);
  try {
    const parsed = await parseArgv(COMMANDS, argv);
    if (parsed.kind === 'run') return await runCommand(parsed.invocation, argv, io);
    io.stdout.write(parsed.text);
    return EXIT.ok;
  } catch (error) {
    const style = await createStyle(wantsColor('auto', io.env, io.stderr.isTTY)).catch(() => plainStyle);
    return reportFailure(await reported(error, argv, io), {
      stream: io.stderr,
      structured: asksForJson(argv, io),
      style,
      debug,
    });
  }
};

/** A bug is written down for its report. */
const reported = async (thrown: unknown, argv: readonly string[], io: Io): Promise<unknown> => {
  if (thrown instanceof OutputClosed) return thrown;
  const error = asJobctlError(thrown);
  if (error.code !== 'INTERNAL') return error;
  const { withReport } = await import('./commands/bug-report.ts');
  const { systemClock } = await import('./platform/clock.ts');
  return withReport(error, ownWords(argv), io.env, systemClock.wallMs());
};

/** Those before `--`: what comes after it is another command's. */
const ownWords = (argv: readonly string[]): readonly string[] =>
  argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;

/** The format must be known even when the arguments cannot be parsed. */
const asksForJson = (argv: readonly string[], io: Io): boolean => {
  const text = ownWords(argv).join('\n');
  const given = /(?:^|\n)(?:-o\n?|--output[=\n])(\w+)/.exec(text)?.[1] ?? io.env.JOBCTL_OUTPUT ?? '';
  return given === 'json' || given === 'jsonl';
};

const runCommand = async (
  { command, args, options, globals }: Invocation,
  argv: readonly string[],
  io: Io,
): Promise<number> => {
  const { loadConfig } = await import('./config/load.ts');
  const { store, output, time, timeout, color, config: file, profile } = globals;
  const readOnly = globals.readOnly === true ? 'yes' : undefined;
  const given = { store, output, time, timeout, readOnly, color: color === false ? 'never' : color };
  const flags = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined));
  const config = await loadConfig({ flags, env: io.env, cwd: io.cwd, file, profile });
  const opened: OpenedStore = { store: null };
  const recording = await openRecording(io);
  try {
    const context = await createContext({ config, globals, argv, io, opened, recording });
    assertRuns(context, command);
    return await command.run(context, args, options).catch((error: unknown) => {
      if (error instanceof Planned) return showPlans(context, [error.plan]);
      throw error;
    });
  } finally {
    await (await opened.store?.catch(() => null))?.[Symbol.asyncDispose]();
  }
};

interface OpenedStore {
  store: Promise<Store> | null;
}

interface Parts {
  readonly config: Config;
  readonly globals: ParsedGlobals;
  readonly argv: readonly string[];
  readonly io: Io;
  readonly opened: OpenedStore;
  readonly recording: Recording | null;
}

const createContext = async ({ config, globals, argv, io, opened, recording }: Parts): Promise<Context> => {
  const { systemClock } = await import('./platform/clock.ts');
  const { systemRandom } = await import('./platform/random.ts');
  const openAt: Context['storeAt'] = async (url, options = undefined) => {
    const { openStore } = await import('./store/open.ts');
    return openStore(url, { timeoutMs: config.values.timeout, ...options });
  };
  const quiet = globals.quiet === true;
  const note = (text: string): void => {
    if (!quiet) io.stderr.write(`${text}\n`);
  };
  return {
    io,
    config,
    argv,
    flags: {
      yes: globals.yes === true,
      dryRun: globals.dryRun === true,
      quiet,
      verbose: globals.verbose === true,
      debug: globals.debug === true,
    },
    out: await createOut(config, globals, io),
    clock: systemClock,
    random: systemRandom,
    events: {
      emit: (event) => {
        if (globals.verbose === true) io.stderr.write(`${JSON.stringify(event)}\n`);
        else if (event.type === 'clock.skewed') note(`this machine's clock is ${event.offsetMs} ms off the store's`);
      },
    },
    store: () => {
      opened.store ??= waitedFor(io, quiet, config.values.store, () =>
        openAt(config.values.store).then((store) => recording?.store(store) ?? store),
      );
      return opened.store;
    },
    storeAt: openAt,
    schema: async (url = config.values.store) => {
      const { openSchema } = await import('./store/open.ts');
      return openSchema(url, { timeoutMs: config.values.timeout });
    },
    handlers: async (handlerOptions) => {
      const { openHandlers } = await import('./handlers/registry.ts');
      const handlers = await openHandlers(handlerOptions);
      return recording?.handlers(handlers) ?? handlers;
    },
    recording,
    announce: async (role, id) => {
      const { announceSelf } = await import('./chaos/announce.ts');
      return announceSelf({ folder: membersFolder(io.env), role, id, argv, io, config: config.values });
    },
    cluster: async (selection) => {
      const { openCluster } = await import('./cluster/open.ts');
      return openCluster({ selection, env: io.env, clock: systemClock, report: note });
    },
    telemetry: (telemetryOptions) => createTelemetry(telemetryOptions, globals, io, recording),
    note,
    shutdown: onceShutdown(io),
  };
};

/** A person who waits for longer than this is told for what, ms. */
const WAIT_SHOWN_MS = 300;

/** The line goes as soon as there is an answer. */
const waitedFor = async <Result>(
  { stderr }: Io,
  quiet: boolean,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> => {
  if (quiet || !stderr.isTTY) return work();
  const { systemClock } = await import('./platform/clock.ts');
  let isShown = false;
  const cancel = systemClock.after(WAIT_SHOWN_MS, () => {
    isShown = true;
    stderr.write(`waiting for ${what} ...`);
  });
  try {
    return await work();
  } finally {
    cancel();
    if (isShown) stderr.write('\r\u001b[K');
  }
};

const createOut = async (config: Config, globals: ParsedGlobals, io: Io): Promise<Context['out']> => {
  const { Out } = await import('./commands/output/out.ts');
  const { CellFormat } = await import('./commands/output/table.ts');
  const { systemClock } = await import('./platform/clock.ts');
  const { output, time, color } = config.values;
  return new Out({
    stream: io.stdout,
    output,
    headers: globals.headers,
    style: await createStyle(wantsColor(color, io.env, io.stdout.isTTY)),
    cellFormat: () => new CellFormat(systemClock.wallMs(), time),
    toYaml: output === 'yaml' ? (await import('yaml')).stringify : null,
  });
};

const createTelemetry = async (
  { format, role, id }: Parameters<Context['telemetry']>[0],
  globals: ParsedGlobals,
  io: Io,
  recording: Recording | null,
): Promise<Telemetry> => {
  const { createMetrics } = await import('./telemetry/metrics.ts');
  const { createLogSink } = await import('./telemetry/logs.ts');
  const { joined } = await import('./telemetry/joined.ts');
  const { fanOut } = await import('./telemetry/fan-out.ts');
  const { systemClock } = await import('./platform/clock.ts');
  const { instrumented } = await import('./store/instrumented.ts');
  const { packageVersion } = await import('./commands/version.ts');
  const level = globals.quiet === true ? 'warn' : globals.verbose === true ? 'debug' : 'info';
  const identity = { service: `jobctl-${role}`, role, instance: id, version: packageVersion() };
  const metrics = createMetrics(identity);
  const logs = createLogSink({ format, level, identity, write: joined((text) => io.stderr.write(text)) });
  const events = fanOut(metrics.sink, logs, ...(recording === null ? [] : [recording.events]));
  return {
    events,
    metrics,
    instrument: (store) => instrumented(store, { clock: systemClock, events }),
    serve: async (port, health) => {
      const { startTelemetryServer } = await import('./telemetry/server.ts');
      return startTelemetryServer({ port, metrics, health });
    },
  };
};

const openRecording = async ({ env }: Io): Promise<Recording | null> => {
  if (!env.JOBCTL_HISTORY) return null;
  const { startRecording } = await import('./chaos/history/recording.ts');
  return startRecording(env.JOBCTL_HISTORY);
};

/** Signals are taken over at the first call; the first one stops, the second one aborts. */
const onceShutdown = (io: Io): (() => Shutdown) => {
  let shutdown: Shutdown | null = null;
  return () => {
    if (shutdown !== null) return shutdown;
    const stop = new AbortController();
    const abort = new AbortController();
    io.onSignal((signal) => (stop.signal.aborted ? abort : stop).abort(signal));
    shutdown = { stop: stop.signal, abort: abort.signal };
    return shutdown;
  };
};

/** The real process. `| head -1` closes stdout early: writing then throws OutputClosed, and the program ends quietly. */
export const processIo = (): Io => ({
  stdout: processStream(process.stdout),
  stderr: processStream(process.stderr),
  // A getter: touching process.stdin opens it.
  get stdin() {
    const { stdin } = process;
    return { isTTY: stdin.isTTY === true, [Symbol.asyncIterator]: () => stdin[Symbol.asyncIterator]() };
  },
  get terminal() {
    const { stdin, stdout } = process;
    return stdin.isTTY && stdout.isTTY ? { stdin, stdout } : undefined;
  },
  env: process.env,
  cwd: process.cwd(),
  onSignal: listenToSignals,
});

const processStream = (stream: NodeJS.WriteStream): OutputStream => {
  let failure: NodeJS.ErrnoException | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  return {
    isTTY: stream.isTTY === true,
    // A terminal that does not know its width says 0.
    columns: stream.isTTY && stream.columns > 0 ? stream.columns : undefined,
    write: (text) => {
      if (failure !== null) throw failure.code === 'EPIPE' ? new OutputClosed() : asJobctlError(failure);
      stream.write(text);
    },
  };
};

// What a command gets to work with. The composition root (src/main.ts) makes it; stores arrive here, commands never open one.
import type { Recording } from '../chaos/history/recording.ts';
import type { MemberRole } from '../chaos/members.ts';
import type { Config } from '../config/load.ts';
import type { Env } from '../config/paths.ts';
import type { Random } from '../core/model/ids.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { ClusterRuntime, ClusterSelection } from '../core/ports/cluster.ts';
import type { EventSink } from '../core/ports/events.ts';
import type { Handlers } from '../core/ports/handler.ts';
import type { SchemaStore } from '../core/ports/schema.ts';
import type { Store } from '../core/ports/store.ts';
import type { Out } from './output/out.ts';

export interface OutputStream {
  /** Throws OutputClosed once the reader has gone. */
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width in characters, when known. */
  readonly columns?: number | undefined;
}

/** The reader of stdout has gone (`| head -1`): the command ends quietly. */
export class OutputClosed extends Error {}

export interface InputStream extends AsyncIterable<string | Uint8Array> {
  readonly isTTY: boolean;
}

export type ShutdownSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The outside world; a test passes its own. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: InputStream;
  readonly env: Env;
  readonly cwd: string;
  /** The screen and its keys, for what draws on it; absent where there is none. */
  readonly terminal?: { readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream } | undefined;
  /** Calls back on every signal instead of dying of it. Returns how to stop. */
  onSignal(listener: (signal: ShutdownSignal) => void): () => void;
}

/** Two steps of ending: `stop` (take no more), then `abort` (end running work now). Aborted with the signal's name. */
export interface Shutdown {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

export interface GlobalFlags {
  readonly yes: boolean;
  /** Nothing is to be changed; what would be is said. */
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
}

export const LOG_FORMATS = ['pretty', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface Health {
  /** It can do its work now. */
  readonly ready: boolean;
  /** Anything that explains it, as JSON. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a long-running process says about itself. */
export interface Telemetry {
  /** Writes log lines to stderr and counts. */
  readonly events: EventSink;
  /** The same store, with an event for every call. */
  instrument(store: Store): Store;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  /** Serves /metrics, /healthz and /readyz; 0 takes any free port. Throws PORT_IN_USE. */
  serve(port: number, health: () => Health | Promise<Health>): Promise<AsyncDisposable & { readonly port: number }>;
}

export interface Context {
  readonly io: Io;
  readonly config: Config;
  readonly flags: GlobalFlags;
  /** Arguments as typed, for messages that repeat the command. */
  readonly argv: readonly string[];
  /** Writes data to stdout, in the chosen format. */
  readonly out: Out;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  /** Opened on the first call, closed by the composition root. */
  store(): Promise<Store>;
  /** Another one than the one that is configured; a file that is made has so many buckets. The caller disposes of it. */
  storeAt(url: string, options?: { readonly bucketCount: number }): Promise<Store>;
  /** What `jobctl db` works with. The caller disposes of it. Absent: of the store that is configured. */
  schema(url?: string): Promise<SchemaStore>;
  /** Loads what runs jobs: `exec`, `http` and the types of a handlers file. The caller disposes of it. */
  handlers(options: {
    readonly file: string | undefined;
    readonly types: readonly string[] | undefined;
  }): Promise<Handlers>;
  /** Cassandra nodes on this machine. */
  cluster(selection: ClusterSelection): Promise<ClusterRuntime>;
  /** Where this process writes down what it does; null unless JOBCTL_HISTORY names a file. */
  readonly recording: Recording | null;
  /** Tells chaos that this process runs, until it is disposed of. */
  announce(role: MemberRole, id: string): Promise<AsyncDisposable>;
  telemetry(options: { readonly format: LogFormat; readonly role: string; readonly id: string }): Promise<Telemetry>;
  /** A line for people, to stderr; silent with --quiet. */
  note(text: string): void;
  /** From the first call on, signals no longer end the process by themselves: the command must. */
  shutdown(): Shutdown;
}

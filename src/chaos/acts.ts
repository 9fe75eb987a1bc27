// What is done to break something, and to mend it, as data: it is shown before, written down before, and whoever comes next can
// do the rest of it.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { NODE_BLOWS } from '../core/model/chaos.ts';
import { START_TIMEOUT_DEFAULT_MS } from '../core/model/cluster.ts';
import { EXIT, JobctlError } from '../core/model/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { ClusterRuntime } from '../core/ports/cluster.ts';
import { identify, processState, signalProcess } from '../platform/process-identity.ts';
import { forgetMember, listMembers } from './members.ts';

const PROCESS = { who: z.string(), pid: z.int(), startTime: z.string() };
const PROGRAM = { argv: z.array(z.string()), cwd: z.string(), env: z.record(z.string(), z.string()) };
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGCONT', 'SIGUSR2'] as const;

export const ACT = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('strike'), node: z.string(), blow: z.enum(NODE_BLOWS), shown: z.string() }),
  /** Unless it does not run. */
  z.strictObject({ do: z.literal('stop'), node: z.string() }),
  /** Every node that does not run, or is paused. */
  z.strictObject({ do: z.literal('up') }),
  z.strictObject({ do: z.literal('signal'), ...PROCESS, signal: z.enum(SIGNALS) }),
  z.strictObject({ do: z.literal('run'), argv: z.array(z.string()) }),
  /** Also when it fails: what it undoes may be undone. */
  z.strictObject({ do: z.literal('try'), argv: z.array(z.string()) }),
  z.strictObject({ do: z.literal('wait'), ms: z.number() }),
  z.strictObject({ do: z.literal('write'), file: z.string(), text: z.string() }),
  /** A process in the background, which goes on without this one. Its output goes to `log`. */
  z.strictObject({ do: z.literal('start'), who: z.string(), ...PROGRAM, log: z.string() }),
  /** The same, to be ended by `end`: its pid is kept in `file`. */
  z.strictObject({ do: z.literal('helper'), ...PROGRAM, file: z.string() }),
  z.strictObject({ do: z.literal('end'), file: z.string() }),
  /** Every process that was started for a run. */
  z.strictObject({ do: z.literal('dismiss'), run: z.string(), folder: z.string() }),
]);
export type Act = Readonly<z.infer<typeof ACT>>;

const COMMAND_TIMEOUT_MS = 60_000;
/** A helper that was told to end has so long, ms. */
const END_WITHIN_MS = 5_000;
const END_LOOK_MS = 50;

/** As a person would type it. */
export const actText = (act: Act): string => {
  switch (act.do) {
    case 'strike':
      return act.shown;
    case 'stop':
      return `jobctl chaos stop-node --target ${act.node}  # without starting it again`;
    case 'up':
      return 'jobctl cluster up';
    case 'signal':
      return `kill -${act.signal.slice(3)} ${act.pid}  # ${act.who}`;
    case 'run':
    case 'try':
      return commandText(act.argv);
    case 'wait':
      return `sleep ${act.ms / 1_000}`;
    case 'write':
      return `echo ${quoted(act.text)} > ${quoted(act.file)}`;
    case 'start':
    case 'helper':
      return `${commandText(act.argv)} &`;
    case 'end':
      return `kill $(cat ${quoted(act.file)})`;
    case 'dismiss':
      return `kill -KILL  # every process of run ${act.run}`;
    default:
      return act satisfies never;
  }
};

const commandText = (argv: readonly string[]): string => argv.map(quoted).join(' ');
const quoted = (text: string): string => (/^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

export interface ActDeps {
  readonly cluster: ClusterRuntime;
  readonly clock: Clock;
}

/** Throws what the cluster does, and CHAOS_COMMAND_FAILED. */
export const perform = async (act: Act, deps: ActDeps): Promise<void> => {
  switch (act.do) {
    case 'strike':
      return deps.cluster.strike(act.node, act.blow);
    case 'stop':
      return stopNode(act.node, deps);
    case 'up':
      await deps.cluster.up({ startTimeoutMs: START_TIMEOUT_DEFAULT_MS });
      return;
    case 'signal':
      await signalProcess(act, act.signal);
      return;
    case 'run':
      return runCommand(act.argv);
    case 'try':
      return runCommand(act.argv).catch(() => {});
    case 'wait':
      return deps.clock.sleep(act.ms);
    case 'write':
      await mkdir(dirname(act.file), { recursive: true });
      return writeFile(act.file, act.text);
    case 'start':
      startInBackground(act);
      return;
    case 'helper':
      return startHelper(act);
    case 'end':
      return endHelper(act.file, deps.clock);
    case 'dismiss':
      return dismiss(act);
    default:
      return act satisfies never;
  }
};

const stopNode = async (name: string, { cluster }: ActDeps): Promise<void> => {
  const node = (await cluster.status()).find((each) => each.name === name);
  if (node !== undefined && node.process !== 'down') await cluster.strike(name, 'stop');
};

const runCommand = async ([file = '', ...args]: readonly string[]): Promise<void> => {
  const ran = await execa(file, args, { reject: false, all: true, timeout: COMMAND_TIMEOUT_MS });
  if (ran.exitCode === 0) return;
  throw new JobctlError('CHAOS_COMMAND_FAILED', EXIT.failed, `\`${commandText([file, ...args])}\` failed`, {
    detail: ran.all || ran.shortMessage || 'it was not started',
    hint: 'whatever was done is mended: jobctl chaos heal does it again',
  });
};

type Program = Pick<Extract<Act, { do: 'start' }>, 'argv' | 'cwd' | 'env'>;

const startInBackground = ({ argv: [file = '', ...args], cwd, env, log }: Program & { readonly log: string }) => {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.on('error', () => {}); // no such program: whoever looks for the process sees that there is none
  child.unref();
  return child.pid;
};

const startHelper = async (act: Program & { readonly file: string }): Promise<void> => {
  await mkdir(dirname(act.file), { recursive: true });
  const pid = startInBackground({ ...act, log: `${act.file}.log` });
  const identity = pid === undefined ? null : await identify(pid);
  await writeFile(act.file, JSON.stringify(identity));
};

const endHelper = async (file: string, clock: Clock): Promise<void> => {
  const identity = HELPER.safeParse(JSON.parse(await readFile(file, 'utf8').catch(() => 'null'))).data;
  if (identity !== undefined) {
    await signalProcess(identity, 'SIGTERM');
    const endsMs = clock.monotonicMs() + END_WITHIN_MS;
    while ((await processState(identity)) !== 'down') {
      if (clock.monotonicMs() > endsMs) await signalProcess(identity, 'SIGKILL');
      await clock.sleep(END_LOOK_MS);
    }
  }
  await rm(file, { force: true });
};

const dismiss = async ({ run, folder }: Extract<Act, { do: 'dismiss' }>): Promise<void> => {
  for (const member of await listMembers(folder)) {
    if (member.run !== run) continue;
    await signalProcess(member, 'SIGKILL');
    await forgetMember(folder, member);
  }
};

const HELPER = z.object({ pid: z.int(), startTime: z.string() });

/** Where helpers of a run keep their pids. */
export const helperFile = (folder: string, run: string, name: string): string =>
  join(folder, 'helpers', `${run}-${name}`);

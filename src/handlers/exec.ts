// Job type `exec`: runs a command. Its exit code decides, its output is kept, and it is stopped with all it started.
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { z } from 'zod';
import type { HandlerContext, HandlerJob, Outcome } from '../core/ports/handler.ts';
import { parsePayload } from './payload.ts';
import { resultText, Tail } from './result.ts';

const PAYLOAD = z.strictObject({
  command: z.array(z.string()).min(1),
  cwd: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  /** Sent as it is when it is text, as JSON otherwise. Default: the payload. */
  stdin: z.unknown().optional(),
});
const EXAMPLE = '{"command":["sh","-c","echo hi"],"cwd":"/srv","env":{"NAME":"value"}}';

/** A command that exits with this will not succeed later either (EX_DATAERR of sysexits.h): it is not retried. */
const EXIT_NOT_RETRIED = 65;
/** Why a command cannot be started, when it will not be startable later either: no such file, not executable, too long. */
const NEVER_STARTS: readonly string[] = ['ENOENT', 'EACCES', 'ENOTDIR', 'E2BIG'];
/** Kept of stdout and of stderr, characters from the end. */
const OUTPUT_CHARACTERS_MAX = 8_192;
/** Between SIGTERM and SIGKILL, and how long what a command left running may still hold its output open, ms. */
const KILL_DELAY_MS = 3_000;

export const runExec = async (job: HandlerJob, context: HandlerContext): Promise<Outcome> => {
  const { payload, failure } = parsePayload(PAYLOAD, job.payload, EXAMPLE);
  if (failure !== null) return failure;
  const [file = '', ...args] = payload.command;
  const [stdout, stderr] = [new Tail(OUTPUT_CHARACTERS_MAX), new Tail(OUTPUT_CHARACTERS_MAX)];
  const child = execa(file, args, {
    input: inputOf(payload.stdin, job),
    env: { ...payload.env, ...jobEnvironment(job, context) },
    ...(payload.cwd === undefined ? {} : { cwd: payload.cwd }),
    buffer: false,
    reject: false,
    detached: true, // a process group of its own, so that whatever it starts ends with it
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.add(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.add(text));
  const stop = stopper(child.nodeChildProcess);
  child.nodeChildProcess.once('exit', stop.exited);
  context.signal.addEventListener('abort', stop.stop);
  if (context.signal.aborted) stop.stop();
  const ended = await child;
  context.signal.removeEventListener('abort', stop.stop);
  stop.done();
  const result = resultText({ exitCode: ended.exitCode ?? null, stdout: String(stdout), stderr: String(stderr) });
  if (ended.exitCode === 0) return { kind: 'succeeded', result };
  return {
    kind: 'failed',
    error: errorOf(file, payload.cwd, ended, String(stderr)),
    result,
    retryable: ended.exitCode !== EXIT_NOT_RETRIED && !NEVER_STARTS.includes(ended.code ?? ''),
  };
};

const inputOf = (stdin: unknown, job: HandlerJob): string => {
  if (stdin === undefined) return job.payload;
  return typeof stdin === 'string' ? stdin : JSON.stringify(stdin);
};

const jobEnvironment = (job: HandlerJob, { fencingToken }: HandlerContext): Readonly<Record<string, string>> => ({
  JOBCTL_JOB_ID: job.id,
  JOBCTL_JOB_TYPE: job.type,
  JOBCTL_ATTEMPT: String(job.attempt),
  JOBCTL_MAX_ATTEMPTS: String(job.maxAttempts),
  JOBCTL_FENCING_TOKEN: String(fencingToken),
  JOBCTL_NOMINAL_TIME: new Date(job.nominalMs).toISOString(),
});

/** Ends the whole group: at once when told to, and late when what the command left running still holds its output open. */
const stopper = ({ pid, stdout, stderr }: ChildProcess) => {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const killLate = (): void => {
    timer ??= setTimeout(() => {
      killGroup(pid, 'SIGKILL');
      stdout?.destroy();
      stderr?.destroy();
    }, KILL_DELAY_MS);
  };
  return {
    exited: killLate,
    stop: (): void => {
      isStopped = true;
      killGroup(pid, 'SIGTERM');
      killLate();
    },
    done: (): void => {
      clearTimeout(timer);
      if (isStopped) killGroup(pid, 'SIGKILL'); // what the command left behind
    },
  };
};

const killGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
};

const errorOf = (
  file: string,
  cwd: string | undefined,
  ended: {
    readonly exitCode?: number | undefined;
    readonly signal?: string | undefined;
    readonly code?: string | undefined;
  },
  stderr: string,
): string => {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const said = last === '' ? '' : `: ${last}`;
  if (ended.exitCode !== undefined) return `${file} exited with ${ended.exitCode}${said}`;
  if (ended.signal !== undefined) return `${file} was ended by ${ended.signal}${said}`;
  if (cwd !== undefined && !existsSync(cwd)) return `there is no folder "${cwd}" on this worker`;
  return ended.code === 'ENOENT'
    ? `there is no command "${file}" on this worker`
    : `${file} cannot be started (${ended.code})`;
};

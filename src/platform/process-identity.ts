// Which process a recorded pid means. A pid alone is reused; together with the time that the process started it is not, so
// no signal ever reaches a stranger.
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { NodeProcessState } from '../core/ports/cluster.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: equal for the same process only. */
  readonly startTime: string;
}

interface Seen extends ProcessIdentity {
  /** First letter of the state in /proc and ps: R, S, D, T (stopped), Z (ended, not yet waited for). */
  readonly letter: string;
}

/** Null when there is no such process. */
export const identify = async (pid: number): Promise<ProcessIdentity | null> => {
  const seen = await look(pid);
  return seen === null || seen.letter === 'Z' ? null : { pid, startTime: seen.startTime };
};

/** `down` also when the pid now belongs to another process. */
export const processState = async ({ pid, startTime }: ProcessIdentity): Promise<NodeProcessState> => {
  const seen = await look(pid);
  if (seen === null || seen.startTime !== startTime || seen.letter === 'Z') return 'down';
  return seen.letter === 'T' ? 'paused' : 'up';
};

/** False, and nothing happens, when the process has ended. */
export const signalProcess = async (identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> => {
  if ((await processState(identity)) === 'down') return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
};

/** Resident memory, bytes. */
export const memoryOf = async (pid: number): Promise<number | null> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null);
  const kilobytes = status === null ? await psField(pid, 'rss') : /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined || kilobytes === null || kilobytes === '' ? null : Number(kilobytes) * 1_024;
};

/** What the kernel counts processor time in: 100 a second on Linux, whatever the machine. */
const MS_PER_TICK = 10;

/** Processor time that it has used so far, ms; null when it is gone, and where there is no /proc. */
export const processorMsOf = async (pid: number): Promise<number | null> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
};

const look = async (pid: number): Promise<Seen | null> => (process.platform === 'linux' ? lookInProc(pid) : askPs(pid));

const lookInProc = async (pid: number): Promise<Seen | null> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const { letter, ticks } = parseStat(stat);
  // The ticks count from boot: without its id, the same pid after a reboot could look like ours.
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return { pid, letter, startTime: `${boot.trim()}:${ticks}` };
};

/** State and start time (fields 3 and 22). The name in field 2 may itself contain spaces and parentheses. */
export const parseStat = (stat: string): { readonly letter: string; readonly ticks: string } => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { letter: fields[0] ?? '', ticks: fields[19] ?? '' };
};

const askPs = async (pid: number): Promise<Seen | null> => {
  const [letter, startTime] = [await psField(pid, 'stat'), await psField(pid, 'lstart')];
  return letter === null || startTime === null ? null : { pid, letter: letter.charAt(0), startTime };
};

const psField = async (pid: number, field: string): Promise<string | null> => {
  const ran = await execa('ps', ['-o', `${field}=`, '-p', String(pid)], { reject: false });
  return ran.exitCode === 0 ? ran.stdout.trim() : null;
};

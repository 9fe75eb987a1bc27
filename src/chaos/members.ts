// The workers and schedulers that run on this machine, as each of them writes down itself: which process it is, how it was
// started, and whether it may be broken. What is left behind by one that was killed is deleted by whoever reads it.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { identify, type ProcessIdentity, processState } from '../platform/process-identity.ts';

/** An actor plays a part in the workload of a chaos run. */
const MEMBER_ROLES = ['worker', 'scheduler', 'actor'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

const MEMBER = z.strictObject({
  role: z.enum(MEMBER_ROLES),
  id: z.string(),
  pid: z.int(),
  startTime: z.string(),
  /** How to start it again: the program, its arguments, where, and its variables named JOBCTL_*. */
  argv: z.array(z.string()),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  /** Its store is a file, or on this machine: it may be broken. */
  disposable: z.boolean(),
  /** The chaos run that it was started for. */
  run: z.string().nullable(),
});
export type Member = Readonly<z.infer<typeof MEMBER>>;

const fileOf = (folder: string, { role, id }: Pick<Member, 'role' | 'id'>): string =>
  join(folder, `${role}-${encodeURIComponent(id)}.json`);

/** Where a member is told what to do: see orders.ts. */
export const orderFile = (folder: string, member: Pick<Member, 'role' | 'id'>): string =>
  fileOf(folder, member).replace(/json$/, 'order');

/** Until it is disposed of. It holds what may be in the variables: nobody else may read it. */
export const announceMember = async (
  folder: string,
  member: Omit<Member, 'pid' | 'startTime'>,
): Promise<AsyncDisposable> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const self = (await identify(process.pid)) ?? { pid: process.pid, startTime: '' };
  const file = fileOf(folder, member);
  const entry: Member = { ...member, ...self };
  await writeFile(file, `${JSON.stringify(entry, null, 2)}\n`, { mode: 0o600 });
  return {
    [Symbol.asyncDispose]: async () => {
      // Another one may have been started under the same name.
      const current = await readMember(file);
      if (current?.pid === process.pid) await rm(file, { force: true });
    },
  };
};

/** Those that live, by role and name. */
export const listMembers = async (folder: string): Promise<readonly Member[]> => {
  const names = await readdir(folder).catch(() => []);
  const members: Member[] = [];
  for (const name of names.filter((each) => each.endsWith('.json')).toSorted()) {
    const member = await readMember(join(folder, name));
    if (member === null) continue;
    if ((await processState(member)) === 'down') await rm(join(folder, name), { force: true });
    else members.push(member);
  }
  return members;
};

/** Of one that was killed. */
export const forgetMember = (folder: string, member: Member): Promise<void> =>
  rm(fileOf(folder, member), { force: true });

const readMember = async (file: string): Promise<Member | null> => {
  const text = await readFile(file, 'utf8').catch(() => null);
  try {
    return text === null ? null : MEMBER.parse(JSON.parse(text));
  } catch {
    return null; // half written, or of another version
  }
};

export const identityOf = ({ pid, startTime }: Member): ProcessIdentity => ({ pid, startTime });

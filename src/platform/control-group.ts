// Control groups (v2) of Linux: a process that has one of its own can be told from others of the same user and address, by the
// firewall, too. Where they cannot be made, nothing is lost but the faults that need them.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where systemd puts the second version beside the first; else it is alone. */
const ROOTS = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'];
const PARENT = 'jobctl';

const root = (): string | null => ROOTS.find((folder) => existsSync(join(folder, 'cgroup.procs'))) ?? null;

/** As soon as it has started: sockets belong to the group in which they were opened. False: not on this machine, or not by this user. */
export const giveOwnGroup = async (pid: number): Promise<boolean> => {
  const top = root();
  if (process.platform !== 'linux' || top === null) return false;
  const parent = join(top, PARENT);
  try {
    await mkdir(parent, { recursive: true });
    await removeEmpty(parent);
    const group = join(parent, `node-${pid}`);
    await mkdir(group);
    await writeFile(join(group, 'cgroup.procs'), String(pid));
    return true;
  } catch {
    return false;
  }
};

/** As the firewall names it: `jobctl/node-4711`. Null: it has none of its own. */
export const ownGroupOf = async (pid: number): Promise<string | null> => {
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  return /^0::\/(jobctl\/node-\d+)$/m.exec(text)?.[1] ?? null;
};

/** Those of processes that have ended. */
const removeEmpty = async (parent: string): Promise<void> => {
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    if (entry.isDirectory()) await rmdir(join(parent, entry.name)).catch(() => {}); // it is in use
  }
};

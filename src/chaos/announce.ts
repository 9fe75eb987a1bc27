// A worker or a scheduler says that it runs, how it was started, and whether it may be broken; if it may, it does to itself what
// chaos tells it.
import { isOnThisMachine } from '../core/model/cluster.ts';
import { announceMember, type MemberRole, orderFile } from './members.ts';
import { obeyOrders } from './orders.ts';

interface Self {
  readonly folder: string;
  readonly role: MemberRole;
  readonly id: string;
  readonly argv: readonly string[];
  readonly io: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> };
  readonly config: { readonly store: string; readonly disposable: string };
}

export const announceSelf = async ({ folder, role, id, argv, io, config }: Self): Promise<AsyncDisposable> => {
  const disposable = config.disposable === 'yes' || isOnThisMachine(config.store);
  const script = process.argv[1];
  const member = await announceMember(folder, {
    ...{ role, id, disposable, cwd: io.cwd, run: io.env.JOBCTL_CHAOS_RUN ?? null },
    argv: [process.execPath, ...process.execArgv, ...(script === undefined ? [] : [script]), ...argv],
    env: Object.fromEntries(
      Object.entries(io.env).filter(
        (entry): entry is [string, string] => /^JOBCTL_/.test(entry[0]) && entry[1] !== undefined,
      ),
    ),
  });
  const stop = disposable ? obeyOrders(orderFile(folder, { role, id })) : () => {};
  return {
    [Symbol.asyncDispose]: async () => {
      stop();
      await member[Symbol.asyncDispose]();
    },
  };
};

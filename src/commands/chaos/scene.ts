// How chaos commands get at what they may break.
import type { FaultScene } from '../../chaos/faults/scene.ts';
import type { Journal } from '../../chaos/journal.ts';
import type { Member } from '../../chaos/members.ts';
import { chaosFolder, membersFolder } from '../../config/paths.ts';
import { CHAOS_KEYSPACE, storeUrlOf } from '../../core/model/cluster.ts';
import type { ClusterRuntime } from '../../core/ports/cluster.ts';
import type { Context } from '../context.ts';

/** Copies of every row of the store that runs use, and its buckets. */
const REPLICAS_MAX = 3;
const BUCKETS = 16;

export const journalOf = async ({ io, clock }: Context): Promise<Journal> => {
  const { Journal: Kept } = await import('../../chaos/journal.ts');
  return new Kept(chaosFolder(io.env), clock);
};

export const foldersOf = ({ io }: Context): FaultScene['folders'] => ({
  members: membersFolder(io.env),
  chaos: chaosFolder(io.env),
});

export const membersOfRun = async (context: Context, run: string): Promise<readonly Member[]> => {
  const { listMembers } = await import('../../chaos/members.ts');
  return (await listMembers(foldersOf(context).members)).filter((member) => member.run === run);
};

/** Throws CHAOS_NOT_STEADY. `members`: of this run only, or every one that is not of a run. */
export const openScene = async (
  context: Context,
  cluster: ClusterRuntime,
  run: string,
  members: 'of-the-run' | 'all' = 'all',
): Promise<FaultScene> => {
  const { listMembers } = await import('../../chaos/members.ts');
  const { assertSteady } = await import('../../chaos/faults/plan.ts');
  const nodes = await cluster.status();
  assertSteady({ nodes });
  const folders = foldersOf(context);
  const found = members === 'all' ? await listMembers(folders.members) : await membersOfRun(context, run);
  return {
    ...{ cluster, nodes, folders, run, clock: context.clock, program: program() },
    members: found,
  };
};

/** How this program is started. */
export const program = (): readonly string[] => [process.execPath, process.argv[1] ?? ''];

/** The store that chaos runs use, made when it is not there. It is nobody's: every run empties it. */
export const chaosStore = async (context: Context, cluster: ClusterRuntime): Promise<string> => {
  const nodes = await cluster.status();
  const url = storeUrlOf(nodes, CHAOS_KEYSPACE);
  await using schema = await context.schema(url);
  const { version, newest } = await schema.status();
  if (version === newest) return url;
  context.note(`making the keyspace ${CHAOS_KEYSPACE} for it`);
  if (version !== null) await schema.migrate();
  else await schema.init({ replicationFactor: Math.min(REPLICAS_MAX, nodes.length), bucketCount: BUCKETS });
  return url;
};

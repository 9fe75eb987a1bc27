// How chaos commands get at what they may break.
import type { FaultScene } from '../../chaos/faults/scene.ts';
import type { Journal } from '../../chaos/journal.ts';
import { chaosFolder, membersFolder } from '../../config/paths.ts';
import { CHAOS_KEYSPACE, storeUrlOf } from '../../core/model/cluster.ts';
import { EXIT } from '../../core/model/errors.ts';
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

/** With every worker and scheduler of this machine; the cluster may be broken. */
export const sceneOf = async (context: Context, cluster: ClusterRuntime, run: string): Promise<FaultScene> => {
  const { listMembers } = await import('../../chaos/members.ts');
  const folders = foldersOf(context);
  return {
    ...{ cluster, folders, run, clock: context.clock, program: program() },
    ...{ nodes: await cluster.status(), members: await listMembers(folders.members) },
  };
};

/** Only what was started for this run. */
export const ofTheRun = (scene: FaultScene): FaultScene => ({
  ...scene,
  members: scene.members.filter(({ run }) => run === scene.run),
});

/** Starts what mends everything when this process is gone. */
export const watcherOf = async ({ name, kind }: ClusterRuntime): Promise<() => void> => {
  const { startWatchdog } = await import('../../chaos/watchdog.ts');
  return () => startWatchdog(['chaos', 'heal', '--watch', '--name', name, '--runtime', kind]);
};

/** Of a command that a signal has ended. */
export const stoppedExit = ({ reason }: AbortSignal): number =>
  reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;

/** How this program is started. */
export const program = (): readonly string[] => [process.execPath, process.argv[1] ?? ''];

/** The store that chaos runs use, empty. It is nobody's. */
export const chaosStore = async (context: Context, cluster: ClusterRuntime): Promise<string> => {
  const nodes = await cluster.status();
  const url = storeUrlOf(nodes, CHAOS_KEYSPACE);
  await using schema = await context.schema(url);
  const { version, newest } = await schema.status();
  context.note(`${version === null ? 'making' : 'emptying'} the keyspace ${CHAOS_KEYSPACE}`);
  if (version === null) {
    await schema.init({ replicationFactor: Math.min(REPLICAS_MAX, nodes.length), bucketCount: BUCKETS });
  } else {
    if (version !== newest) await schema.migrate();
    await schema.empty();
  }
  return url;
};

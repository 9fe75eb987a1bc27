// What a cluster of processes remembers between two commands: its nodes, and which process each one is. One JSON file in the
// cluster's folder, replaced as a whole.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { conflictError, EXIT, errorText, JobctlError } from '../../core/model/errors.ts';
import { identify, processState } from '../../platform/process-identity.ts';

const PROCESS = z.strictObject({ pid: z.int(), startTime: z.string(), startedMs: z.number() });
const NODE = z.strictObject({
  name: z.string(),
  address: z.string(),
  rack: z.string(),
  jmxPort: z.int(),
  /** Null when it was stopped on purpose. One that ended by itself is still named here. */
  process: PROCESS.nullable(),
});
const STATE = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  /** The folder with Cassandra's jars. */
  jars: z.string(),
  heapMb: z.int(),
  ports: z.strictObject({ cql: z.int(), storage: z.int(), jmx: z.int() }),
  /** Further lines of cassandra.yaml. */
  settings: z.record(z.string(), z.string()),
  nodes: z.array(NODE),
});
export type NodeRecord = Readonly<z.infer<typeof NODE>>;
export type ClusterState = Readonly<z.infer<typeof STATE>>;

const stateFile = (folder: string): string => join(folder, 'state.json');

/** Null when there is no cluster in that folder. */
export const readState = async (folder: string): Promise<ClusterState | null> => {
  const file = stateFile(folder);
  const text = await readFile(file, 'utf8').catch(nothingThere);
  if (text === null) return null;
  try {
    return STATE.parse(JSON.parse(text));
  } catch (cause) {
    throw new JobctlError('CLUSTER_STATE_INVALID', EXIT.failed, `cannot read ${file}`, {
      detail: errorText(cause),
      hint: `end its Java processes by hand, then delete ${folder}`,
      cause,
    });
  }
};

export const writeState = async (folder: string, state: ClusterState): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const file = stateFile(folder);
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(state, null, 2)}\n`);
  await rename(temporary, file);
};

/**
 * Held while a command changes a cluster, so that two at the same time do not start a node twice. One that a killed command
 * left behind is taken over. Throws CLUSTER_BUSY.
 */
export const lockCluster = async (folder: string): Promise<AsyncDisposable> => {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'lock.json');
  const own = JSON.stringify(await identify(process.pid));
  if (!(await createFile(file, own))) {
    const holder = HOLDER.safeParse(JSON.parse((await readFile(file, 'utf8').catch(nothingThere)) || 'null')).data;
    if (holder !== undefined && (await processState(holder)) !== 'down') {
      throw conflictError('CLUSTER_BUSY', `another command is changing this cluster (pid ${holder.pid})`, {
        hint: 'wait until it has ended',
      });
    }
    await rm(file, { force: true });
    if (!(await createFile(file, own))) {
      throw conflictError('CLUSTER_BUSY', 'another command has just begun to change this cluster', {
        hint: 'wait until it has ended',
      });
    }
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
};

const HOLDER = z.object({ pid: z.int(), startTime: z.string() });

const createFile = async (file: string, text: string): Promise<boolean> => {
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
};

const nothingThere = (error: unknown): null => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
};

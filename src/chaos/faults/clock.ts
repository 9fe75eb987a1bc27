// A clock that is wrong: of a worker, which is told so, or of a node, which is started under libfaketime.
import { glob } from 'node:fs/promises';
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import type { FaultPlan } from '../breakage.ts';
import { planMemberClock } from './member.ts';
import { nodeOf, nodePlan } from './node.ts';
import type { FaultRequest, FaultScene, PlanFault } from './scene.ts';

const OFFSET_DEFAULT_MS = 30_000;
const MS_PER_S = 1_000;
/** A clock that is off by what was wanted, or by nothing. */
const SEEN_WITHIN_MS = 300;
/** Where Debian, Fedora and Arch put it. */
const LIBRARIES = '/usr/lib{,64}{,/*}/faketime/libfaketime.so.1';

/** Of a worker, unless a node is named. */
export const planClockSkew: PlanFault = async (scene, request) => {
  const offsetMs = request.args.offsetMs ?? OFFSET_DEFAULT_MS;
  const isNode = scene.nodes.some(({ name }) => name === request.target);
  return isNode ? planNodeClock(scene, request, offsetMs) : planMemberClock(scene, request, offsetMs);
};

const planNodeClock = async (scene: FaultScene, request: FaultRequest, offsetMs: number): Promise<FaultPlan> => {
  const { cluster, clock } = scene;
  const node = nodeOf(scene, request);
  const { name, environment } = node;
  if (environment === null) {
    throw unavailable(name, {
      detail: 'it is in a container, whose image has no libfaketime',
      hint: 'the clocks of nodes that are processes can be set: jobctl cluster up --runtime process',
    });
  }
  const library = await findLibrary();
  if (library === null) {
    throw unavailable(name, { detail: `there is no ${LIBRARIES}`, hint: 'install it: apt-get install libfaketime' });
  }
  const seen = async (wantedMs: number): Promise<string | null> => {
    const [fromMs, nodeMs, toMs] = [clock.wallMs(), await nodeWallMs(cluster, name), clock.wallMs()];
    const isSo = nodeMs - wantedMs > fromMs - SEEN_WITHIN_MS && nodeMs - wantedMs < toMs + SEEN_WITHIN_MS;
    return isSo ? `the clock of ${name} is ${Math.round((nodeMs - toMs) / MS_PER_S)} s off` : null;
  };
  const wrong = `${environment}.clock`;
  return {
    ...(await nodePlan(
      scene,
      request,
      node,
      `setting the clock of ${name} by ${offsetMs} ms: it is started anew for that`,
    )),
    inject: [
      { do: 'write', file: wrong, text: '+0' },
      { do: 'write', file: environment, text: variables(library, wrong).join('\n') },
      { do: 'stop', node: name },
      { do: 'up' }, // with a right clock: nodes do not talk to one that comes from another time
      { do: 'write', file: wrong, text: `${offsetMs < 0 ? '' : '+'}${offsetMs / MS_PER_S}` },
    ],
    mend: [{ do: 'try', argv: ['rm', '-f', environment, wrong] }, { do: 'stop', node: name }, { do: 'up' }],
    look: () => seen(offsetMs),
    lookMended: () => seen(0),
  };
};

/** Read anew every second. The monotonic clock, by which timeouts are measured, stays right. */
const variables = (library: string, wrong: string): readonly string[] => [
  `LD_PRELOAD=${library}`,
  `FAKETIME_TIMESTAMP_FILE=${wrong}`,
  'FAKETIME_CACHE_DURATION=1',
  'FAKETIME_DONT_FAKE_MONOTONIC=1',
];

const unavailable = (name: string, about: { readonly detail: string; readonly hint: string }): JobctlError =>
  new JobctlError('CHAOS_UNAVAILABLE', EXIT.unknown, `the clock of ${name} cannot be set`, about);

const findLibrary = async (): Promise<string | null> => {
  for await (const file of glob(LIBRARIES)) return file;
  return null;
};

const nodeWallMs = async (cluster: FaultScene['cluster'], node: string): Promise<number> => {
  const statements = 'SELECT toUnixTimestamp(now()) AS now FROM system.local';
  for await (const { rows } of cluster.cql({ node, statements })) return Number(rows[0]?.now);
  return Number.NaN;
};

// Every fault, and how it is planned.
import type { FaultName } from '../../core/model/chaos.ts';
import { usageError } from '../../core/model/errors.ts';
import { type FaultPlan, illOf, notSteady } from '../breakage.ts';
import { planClockSkew } from './clock.ts';
import { planDiskFull } from './disk.ts';
import { planBlock, planKill, planPause } from './member.ts';
import { planMemory } from './memory.ts';
import { planLoss, planPartition, planReset } from './network.ts';
import { planNodeFault, planRestart } from './node.ts';
import type { FaultRequest, FaultScene, PlanFault } from './scene.ts';
import { planBandwidth, planCpu, planDelay } from './slow.ts';

const FAULTS: Readonly<Record<FaultName, PlanFault>> = {
  'kill-node': planNodeFault('kill'),
  'stop-node': planNodeFault('stop'),
  'pause-node': planNodeFault('pause'),
  'restart-node': planRestart,
  partition: planPartition,
  loss: planLoss,
  reset: planReset,
  delay: planDelay,
  bandwidth: planBandwidth,
  cpu: planCpu,
  memory: planMemory,
  'disk-full': planDiskFull,
  'kill-worker': planKill('worker'),
  'pause-worker': planPause('worker'),
  'kill-scheduler': planKill('scheduler'),
  'pause-scheduler': planPause('scheduler'),
  'event-loop-block': planBlock,
  'clock-skew': planClockSkew,
};

/** Throws what keeps it from being done: CHAOS_UNAVAILABLE, CHAOS_TARGET_MISSING, CHAOS_NOT_DISPOSABLE, CLUSTER_NODE_NOT_FOUND. */
export const planFault = (scene: FaultScene, request: FaultRequest): Promise<FaultPlan> =>
  FAULTS[request.fault](scene, request);

/** Throws CHAOS_NOT_STEADY for a cluster that is not whole. */
export const assertSteady = ({ nodes }: Pick<FaultScene, 'nodes'>): void => {
  const ill = illOf(nodes);
  if (ill.length > 0) throw notSteady(ill);
};

/** Throws CHAOS_QUORUM: requests for some rows would fail until the end. */
export const assertQuorum = ({ quorumLost, fault }: Pick<FaultPlan, 'quorumLost' | 'fault'>): void => {
  if (quorumLost.length === 0) return;
  throw usageError('CHAOS_QUORUM', `meanwhile some rows of ${quorumLost.join(', ')} have no quorum`, {
    hint: `if that is what you want to see: jobctl chaos ${fault} --allow-quorum-loss`,
  });
};

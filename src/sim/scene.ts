// Everything that the processes of one run share: time, network, cluster, resource and history.

import { History } from '../chaos/history/history.ts';
import { Cluster } from './cassandra/cluster.ts';
import { Hints } from './cassandra/hints.ts';
import { Replica } from './cassandra/replica.ts';
import { Kernel } from './kernel.ts';
import { START_MS } from './machine.ts';
import { Network } from './network.ts';
import type { Plan } from './plan.ts';
import { Resource } from './resource.ts';

export class Scene {
  readonly plan: Plan;
  readonly kernel: Kernel;
  readonly network: Network;
  readonly cluster: Cluster;
  readonly hints: Hints;
  readonly history: History;
  readonly resource: Resource;

  constructor(plan: Plan) {
    this.plan = plan;
    this.kernel = new Kernel(plan.seed);
    this.network = new Network(this.kernel);
    this.network.weather = plan.weather;
    const nodes = Array.from({ length: plan.nodes }, (_, index) => {
      return new Replica(`n${index + 1}`, this.kernel.between(-plan.skewMs, plan.skewMs));
    });
    this.cluster = new Cluster(this.kernel, this.network, nodes);
    this.hints = new Hints(this.kernel, this.network);
    this.history = new History(START_MS, () => this.kernel.nowMs);
    this.resource = new Resource(this.kernel, this.network, this.history);
  }
}

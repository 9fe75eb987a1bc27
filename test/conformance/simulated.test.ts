// The laws, on the simulated Cassandra that the simulation runs on.
import { describe } from 'vitest';
import type { Store } from '../../src/core/ports/store.ts';
import { Cluster } from '../../src/sim/cassandra/cluster.ts';
import { Hints } from '../../src/sim/cassandra/hints.ts';
import { Replica } from '../../src/sim/cassandra/replica.ts';
import { openSimulatedStore } from '../../src/sim/cassandra/store.ts';
import { Kernel } from '../../src/sim/kernel.ts';
import { Machine } from '../../src/sim/machine.ts';
import { Network } from '../../src/sim/network.ts';
import { jobLaws } from './job-laws.ts';
import { lockLaws } from './lock-laws.ts';
import { scheduleLaws } from './schedule-laws.ts';

let seed = 0;

/** Time runs as fast as it can while the law is tried. */
const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
  seed += 1;
  const kernel = new Kernel(seed);
  const network = new Network(kernel);
  const cluster = new Cluster(
    kernel,
    network,
    ['n1', 'n2', 'n3'].map((name) => new Replica(name, 0)),
  );
  const machine = new Machine(kernel, 'client', { seed, rate: 1, skewMs: 0 });
  const hints = new Hints(kernel, network);
  let isDone = false;
  const running = (async () => {
    while (!isDone) {
      await kernel.run(kernel.nowMs + 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  try {
    await use(openSimulatedStore({ cluster, machine, hints, bucketCount: 16 }));
  } finally {
    isDone = true;
    await running;
  }
};

describe('simulated Cassandra', () => {
  jobLaws(withStore);
  lockLaws(withStore);
  scheduleLaws(withStore);
});

// A wrong clock of a node as a plan: what is done, in which order, and what it is refused for.
import { expect, test } from 'vitest';
import { planFault } from '../../src/chaos/faults/plan.ts';
import type { FaultScene } from '../../src/chaos/faults/scene.ts';
import type { ClusterNode } from '../../src/core/ports/cluster.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const node = (environment: string | null): ClusterNode => ({
  ...{ name: 'cassandra-2', address: '127.0.0.2', port: 9042, process: 'up', state: 'UN', rack: 'rack2' },
  ...{ disposable: true, storage: null, environment, ringAddress: '127.0.0.2', pid: 7, container: null },
  ...{ startedAt: null, memoryBytes: null },
});

const sceneWith = (environment: string | null): FaultScene =>
  ({
    cluster: {
      async *cql() {
        yield { statement: '', columns: [], rows: [], truncated: false };
      },
    },
    nodes: [node(environment)],
    members: [],
    folders: { members: '', chaos: '' },
    clock: new VirtualClock(),
    program: [],
    run: 'run',
  }) as unknown as FaultScene;

const request = {
  fault: 'clock-skew',
  target: 'cassandra-2',
  seed: 1,
  durationMs: 1_000,
  args: { offsetMs: -1_500 },
} as const;

test('where there is no libfaketime, or the node is a container, it says so', async () => {
  await expect(planFault(sceneWith(null), request)).rejects.toMatchObject({ code: 'CHAOS_UNAVAILABLE', exitCode: 8 });
  const plan = await planFault(sceneWith('/x/environment'), request).catch((error: unknown) => error);
  if (plan instanceof Error) {
    expect(plan).toMatchObject({ code: 'CHAOS_UNAVAILABLE', hint: expect.stringContaining('libfaketime') });
    return;
  }
  expect(plan).toMatchObject({
    target: 'cassandra-2',
    // Started with a right clock, which is set then: nodes do not talk to one that comes from another time.
    inject: [
      { do: 'write', file: '/x/environment.clock', text: '+0' },
      {
        do: 'write',
        file: '/x/environment',
        text: expect.stringMatching(/LD_PRELOAD=.*\nFAKETIME_TIMESTAMP_FILE=\/x\/environment\.clock/),
      },
      { do: 'stop', node: 'cassandra-2' },
      { do: 'up' },
      { do: 'write', file: '/x/environment.clock', text: '-1.5' },
    ],
    mend: [{ do: 'try' }, { do: 'stop', node: 'cassandra-2' }, { do: 'up' }],
  });
});

// Faults of nodes, on a cluster that only pretends: what is checked, written down, done and mended, in which order.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Breakage, type FaultPlan, runFault } from '../../src/chaos/breakage.ts';
import { assertQuorum, assertSteady, planFault } from '../../src/chaos/faults/plan.ts';
import { type ActiveRun, Journal } from '../../src/chaos/journal.ts';
import { untilGone } from '../../src/chaos/watchdog.ts';
import type { NodeBlow } from '../../src/core/model/chaos.ts';
import type { ClusterNode, ClusterRuntime } from '../../src/core/ports/cluster.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const SEEN_DOWN_MS = 10_000;
let folder = '';
let journal: Journal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobctl-chaos-'));
  journal = counted(new Journal(folder, new VirtualClock()));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes of the journal that are under way: files take real time, in which no virtual time may pass. */
let underWay = 0;
const counted = (real: Journal): Journal =>
  new Proxy(real, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      return async (...given: unknown[]): Promise<unknown> => {
        underWay += 1;
        try {
          return await (value as (...all: unknown[]) => Promise<unknown>).apply(target, given);
        } finally {
          underWay -= 1;
        }
      };
    },
  });

const audit = (): readonly unknown[] =>
  readFileSync(join(folder, 'audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly did: string }).did);

/** Three nodes; the others see that one is down after ten seconds. */
class Pretended {
  readonly clock = new VirtualClock();
  readonly did: string[] = [];
  readonly reports: string[] = [];
  factor = 3;
  /** `strike` says that it was done, and nothing happens. */
  isTough = false;
  #struck: { readonly node: string; readonly blow: NodeBlow; readonly atMs: number } | null = null;

  get runtime(): ClusterRuntime {
    return {
      ...{ kind: 'process', name: 'trial' },
      status: async () => [1, 2, 3].map((number) => this.#node(`cassandra-${number}`)),
      strike: async (node: string, blow: NodeBlow) => {
        this.did.push(`${blow} ${node}`);
        if (!this.isTough) this.#struck = { node, blow, atMs: this.clock.monotonicMs() };
      },
      up: async () => {
        this.did.push('up');
        this.#struck = null;
        return [];
      },
      cql: async function* (this: Pretended) {
        const replication = { class: 'NetworkTopologyStrategy', dc1: String(this.factor) };
        const rows = [
          { keyspace_name: 'system_auth', replication: { class: 'SimpleStrategy', replication_factor: '1' } },
          { keyspace_name: 'jobctl', replication },
        ];
        yield { statement: '', columns: [], rows, truncated: false };
      }.bind(this),
    } as unknown as ClusterRuntime;
  }

  #node(name: string): ClusterNode {
    const isHit = this.#struck?.node === name;
    const isSeen = isHit && this.clock.monotonicMs() - (this.#struck?.atMs ?? 0) >= SEEN_DOWN_MS;
    return {
      ...{ name, address: '127.0.0.1', port: 9_042, rack: 'rack1', pid: 1, container: null, startedAt: null },
      ...{ ringAddress: '127.0.0.1', storage: null, environment: null, disposable: true },
      ...{ memoryBytes: null, process: isHit ? 'down' : 'up', state: isSeen ? 'DN' : 'UN' },
    };
  }

  get deps() {
    const { runtime: cluster, clock } = this;
    return { cluster, journal, clock, report: (text: string) => void this.reports.push(text) };
  }

  async plan(options: { blow?: NodeBlow; node?: string; seed?: number; durationMs?: number } = {}) {
    const { blow = 'kill', node, seed = 7, durationMs = 30_000 } = options;
    const nodes = await this.runtime.status();
    assertSteady({ nodes });
    const folders = { members: folder, chaos: folder };
    const scene = { cluster: this.runtime, nodes, members: [], folders, clock: this.clock, program: [], run: 'r1' };
    return planFault(scene, { fault: `${blow}-node`, target: node, seed, durationMs, args: {} });
  }

  /** Breaks it, and mends it. */
  run(plan: FaultPlan, run = 'r1', stop = new AbortController().signal) {
    const watch = (): void => void this.did.push('watchdog');
    return runFault(this.deps, { run, durationMs: plan.durationMs, prepare: async () => plan, watch, stop });
  }

  async during<Result>(promise: Promise<Result>): Promise<Result> {
    let isOver = false;
    promise
      .catch(() => {})
      .finally(() => {
        isOver = true;
      });
    for (let step = 0; step < 2_000 && !isOver; step += 1) {
      do await new Promise(setImmediate);
      while (underWay > 0);
      await this.clock.advance(100);
    }
    return promise;
  }
}

test('a node is struck once that is written down, seen as down, and mended at the end', async () => {
  const scene = new Pretended();
  const plan = await scene.plan({ node: 'cassandra-2' });
  const outcome = await scene.during(scene.run(plan));
  expect(scene.did).toEqual(['watchdog', 'kill cassandra-2', 'up']);
  expect(audit()).toEqual(['begin', 'inject', 'injected', 'mend', 'end']);
  expect(outcome).toMatchObject({ run: 'r1', fault: 'kill-node', target: 'cassandra-2' });
  expect(outcome.lastedMs).toBeGreaterThanOrEqual(30_000);
  expect(outcome.lastedMs).toBeLessThan(31_000);
  expect(outcome.seen).toBe('the others see cassandra-2 as down');
  expect(outcome.seenMs).toBeGreaterThanOrEqual(SEEN_DOWN_MS);
  expect(await journal.active()).toBeNull();
});

test('the node follows from the seed', async () => {
  const scene = new Pretended();
  const chosen = new Set<string>();
  for (let seed = 0; seed < 20; seed += 1) {
    const [once, again] = [await scene.plan({ seed }), await scene.plan({ seed })];
    expect(once.target).toBe(again.target);
    chosen.add(once.target);
  }
  expect(chosen.size).toBe(3);
});

test('a signal ends it early, and it is mended', async () => {
  const scene = new Pretended();
  const stop = new AbortController();
  const running = scene.run(await scene.plan({ durationMs: 600_000 }), 'r1', stop.signal);
  scene.clock.after(5_000, () => stop.abort());
  expect((await scene.during(running)).lastedMs).toBeLessThan(7_000);
  expect(scene.did.at(-1)).toBe('up');
  expect(await journal.active()).toBeNull();
});

test('a blow without effect is an error, and it is mended', async () => {
  const scene = new Pretended();
  scene.isTough = true;
  const running = scene.run(await scene.plan());
  await expect(scene.during(running)).rejects.toMatchObject({ code: 'CHAOS_NOT_IN_EFFECT', exitCode: 6 });
  expect(scene.did.at(-1)).toBe('up');
  expect(await journal.active()).toBeNull();
});

describe('nothing is done', () => {
  test('to a cluster that is not whole', async () => {
    const scene = new Pretended();
    await scene.runtime.strike('cassandra-1', 'pause');
    await expect(scene.plan()).rejects.toMatchObject({ code: 'CHAOS_NOT_STEADY', exitCode: 5 });
  });

  test('while another fault is not mended', async () => {
    const scene = new Pretended();
    const plan = await scene.plan();
    await journal.begin({ ...ACTIVE, untilMs: 0 });
    await expect(scene.run(plan, 'r2')).rejects.toMatchObject({ code: 'CHAOS_ACTIVE', exitCode: 4 });
    expect(scene.did).toEqual([]);
  });

  test('that leaves rows without a quorum, unless that is wanted', async () => {
    const scene = new Pretended();
    for (const [factor, isLost] of [
      [1, true],
      [2, true],
      [3, false],
      [5, false],
    ] as const) {
      scene.factor = factor;
      const plan = await scene.plan();
      if (isLost) expect(() => assertQuorum(plan)).toThrow(/some rows of jobctl have no quorum/);
      else assertQuorum(plan);
    }
  });

  test('to a node that there is not', async () => {
    await expect(new Pretended().plan({ node: 'x' })).rejects.toMatchObject({ code: 'CLUSTER_NODE_NOT_FOUND' });
  });
});

const ACTIVE: Omit<ActiveRun, 'untilMs'> = {
  ...{ run: 'r1', cluster: 'trial', runtime: 'process' },
  faults: [{ fault: 'kill-node', target: 'cassandra-1', startedAt: '2027-01-01T00:00:00.000Z', mend: [{ do: 'up' }] }],
};

describe('the watchdog', () => {
  async function* pipe(open: Promise<string>): AsyncGenerator<string> {
    yield await open;
  }

  test('mends what is left when the pipe ends, and nothing when it was mended', async () => {
    const clock = new VirtualClock();
    await journal.begin({ ...ACTIVE, untilMs: clock.wallMs() + 60_000 });
    const left = await untilGone(journal, clock, pipe(Promise.resolve('')));
    expect(left).toMatchObject({ run: 'r1' });
    const scene = new Pretended();
    await scene.runtime.strike('cassandra-1', 'kill');
    if (left !== null) await scene.during(Breakage.left(scene.deps, left).end());
    expect(await scene.runtime.status()).toMatchObject([{ process: 'up' }, { process: 'up' }, { process: 'up' }]);
    expect(await untilGone(journal, clock, pipe(Promise.resolve('')))).toBeNull();
  });

  test('does not wait for ever for one that hangs', async () => {
    const scene = new Pretended();
    await journal.begin({ ...ACTIVE, untilMs: scene.clock.wallMs() + 30_000 });
    const waiting = untilGone(journal, scene.clock, pipe(new Promise(() => {})));
    expect(await scene.during(waiting)).toMatchObject({ run: 'r1' });
    expect(scene.clock.monotonicMs()).toBeGreaterThanOrEqual(90_000);
  });
});

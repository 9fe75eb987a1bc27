// The nodes and their coordinators: quorum reads with blocking read repair, quorum writes with hints, and linearizable
// registers changed by compare-and-set. Every request ends in an answer, an error or a time-out, as the network pleases.
import type { CasOutcome } from '../../core/model/lock.ts';
import type { Kernel } from '../kernel.ts';
import { type Machine, START_MS } from '../machine.ts';
import type { Network } from '../network.ts';
import {
  coordinatorTimedOut,
  type DriverError,
  noHostAvailable,
  operationTimedOut,
  type RequestKind,
  unavailable,
} from './errors.ts';
import { agreedRows, liveRows, mergeSlices, type Rows, staleRows } from './merge.ts';
import { Registers } from './registers.ts';
import type { Mutation, Range, Replica, Slice } from './replica.ts';

/** A client gives up after this long on its own clock, ms. */
const REQUEST_TIMEOUT_MS = 2_000;
/** A read that lacks an answer asks one more replica after this long, ms. */
const SPECULATE_MS = 50;
/** A hint is delivered some time after it was written, ms, in so many tries; a few are lost. */
const HINT_FROM_MS = 1_000;
const HINT_TO_MS = 30_000;
const HINT_TRIES_MAX = 40;
const HINT_LOST = 0.1;
/** Share of requests sent to a node that does not answer, though others would: the driver has not noticed yet. */
const UNNOTICED = 0.25;

interface Call<Result> {
  readonly kind: RequestKind;
  readonly coordinator: Replica;
  readonly reply: (result: Result) => void;
  readonly fail: (error: DriverError) => void;
}

export class Cluster {
  readonly nodes: readonly Replica[];
  readonly registers: Registers;
  readonly #kernel: Kernel;
  readonly #network: Network;
  readonly #quorum: number;

  constructor(kernel: Kernel, network: Network, nodes: readonly Replica[]) {
    this.#kernel = kernel;
    this.#network = network;
    this.nodes = nodes;
    this.#quorum = Math.floor(nodes.length / 2) + 1;
    this.registers = new Registers(kernel, network);
  }

  /** Rejects when nobody knows whether it was applied: some replicas may have it, all may get it later. */
  write(machine: Machine, mutation: Mutation): Promise<void> {
    return this.#request<void>(machine, 'write', (call) => {
      let acknowledged = 0;
      const acknowledge = (): void => {
        acknowledged += 1;
        if (acknowledged === this.#quorum) call.reply();
      };
      for (const replica of this.nodes) this.#send(call.coordinator, replica, mutation, acknowledge);
    });
  }

  /** Rows of each range, as two or more replicas together know them. */
  read(machine: Machine, ranges: readonly Range[]): Promise<readonly Rows[]> {
    return this.#request<readonly Rows[]>(machine, 'read', (call) => {
      const answers: { readonly replica: Replica; readonly slices: readonly Slice[] }[] = [];
      this.#ask(call.coordinator, (replica) => {
        if (answers.length === this.#quorum) return;
        answers.push({ replica, slices: ranges.map((range) => replica.read(range)) });
        if (answers.length === this.#quorum) this.#merge(call, ranges, answers);
      });
    });
  }

  /** `decide` gets the value and returns the next one, or undefined to refuse. */
  async compareAndSet(machine: Machine, name: string, decide: (value: unknown) => unknown): Promise<CasOutcome> {
    try {
      return await this.#request<CasOutcome>(machine, 'cas', ({ coordinator, reply }) => {
        const delayMs = this.#roundTrip(coordinator);
        if (delayMs === null || this.registers.isContended(name)) return this.registers.leaveOpen(name, decide);
        this.registers.enter(name);
        this.#kernel.scheduleInert(delayMs, () => reply(this.registers.apply(name, decide)));
      });
    } catch {
      return 'unknown';
    }
  }

  serialRead(machine: Machine, name: string): Promise<unknown> {
    return this.#request<unknown>(machine, 'cas', ({ coordinator, reply }) => {
      const delayMs = this.#roundTrip(coordinator);
      if (delayMs !== null) this.#kernel.scheduleInert(delayMs, () => reply(this.registers.read(name)));
    });
  }

  /** The wall clock of some node. */
  wallMs(machine: Machine): Promise<number> {
    return this.#request<number>(machine, 'read', ({ coordinator, reply }) => reply(this.#wallMs(coordinator)));
  }

  /** By which rows expire: the nodes' clocks agree about that well enough. */
  nowMs(): number {
    return Math.floor(START_MS + this.#kernel.nowMs);
  }

  #wallMs(node: Replica): number {
    return Math.floor(START_MS + this.#kernel.nowMs + node.skewMs);
  }

  #request<Result>(machine: Machine, kind: RequestKind, serve: (call: Call<Result>) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      let cancel = (): void => {};
      const finish = (settle: () => void): void => {
        if (isOver) return;
        isOver = true;
        cancel();
        settle();
      };
      const coordinator = this.#coordinatorFor(machine);
      if (coordinator === null) {
        machine.after(1, () => reject(noHostAvailable()));
        return;
      }
      cancel = machine.after(REQUEST_TIMEOUT_MS, () => {
        const isClient = this.#kernel.chance() < 0.5;
        const error = isClient ? operationTimedOut(coordinator.name) : coordinatorTimedOut(kind, this.#quorum);
        finish(() => reject(error));
      });
      const back = (settle: () => void): void => {
        const delayMs = this.#network.delay(coordinator.name, machine.name);
        if (delayMs !== null) this.#kernel.schedule(delayMs, () => machine.deliver(() => finish(settle)));
      };
      const call: Call<Result> = {
        kind,
        coordinator,
        reply: (result) => back(() => resolve(result)),
        fail: (error) => back(() => reject(error)),
      };
      this.#deliverTo(coordinator, this.#network.delay(machine.name, coordinator.name), () => {
        const alive = this.#aliveFrom(coordinator);
        const isNoticed = kind === 'cas' || this.#kernel.chance() >= UNNOTICED;
        if (alive < this.#quorum) this.#network.meet('no-quorum');
        if (alive < this.#quorum && isNoticed) call.fail(unavailable(this.#quorum, alive));
        else serve(call);
      });
    });
  }

  #coordinatorFor(machine: Machine): Replica | null {
    const first = Math.floor(this.#kernel.chance() * this.nodes.length);
    for (let index = 0; index < this.nodes.length; index += 1) {
      const node = this.nodes[(first + index) % this.nodes.length] as Replica;
      const isAnswering = node.isUp && !this.#network.isCut(machine.name, node.name);
      if (isAnswering || this.#kernel.chance() < UNNOTICED) return node;
    }
    return null;
  }

  #aliveFrom(coordinator: Replica): number {
    return this.nodes.filter((node) => node.isUp && !this.#network.isCut(coordinator.name, node.name)).length;
  }

  #deliverTo(node: Replica, delayMs: number | null, arrive: () => void): void {
    if (delayMs === null) return;
    this.#kernel.scheduleInert(delayMs, () => {
      if (node.isUp) arrive();
      else this.#network.meet('node-down');
    });
  }

  #send(coordinator: Replica, replica: Replica, mutation: Mutation, acknowledge: () => void): void {
    const arrive = (isFirst: boolean) => (): void => {
      if (!replica.isUp) {
        this.#hint(coordinator, replica, mutation);
        return;
      }
      replica.apply(mutation);
      const backMs = isFirst ? this.#network.delay(replica.name, coordinator.name) : null;
      if (backMs !== null) this.#kernel.scheduleInert(backMs, acknowledge);
    };
    if (replica === coordinator) {
      replica.apply(mutation);
      acknowledge();
      return;
    }
    const delayMs = this.#network.delay(coordinator.name, replica.name);
    if (delayMs === null) {
      this.#hint(coordinator, replica, mutation);
      return;
    }
    this.#kernel.scheduleInert(delayMs, arrive(true));
    if (!this.#network.isDuplicated()) return;
    const againMs = this.#network.delay(coordinator.name, replica.name);
    if (againMs !== null) this.#kernel.scheduleInert(againMs + this.#kernel.between(0, 5_000), arrive(false));
  }

  #hint(coordinator: Replica, replica: Replica, mutation: Mutation): void {
    if (this.#kernel.chance() < HINT_LOST) return;
    this.#network.meet('hinted');
    let tries = 0;
    const replay = (): void => {
      tries += 1;
      const isReachable = replica.isUp && coordinator.isUp && !this.#network.isCut(coordinator.name, replica.name);
      if (isReachable) replica.apply(mutation);
      else if (tries < HINT_TRIES_MAX) retry();
    };
    const retry = (): void => this.#kernel.scheduleInert(this.#kernel.between(HINT_FROM_MS, HINT_TO_MS), replay);
    this.#kernel.scheduleInert(this.#kernel.between(HINT_FROM_MS, HINT_TO_MS), replay);
  }

  /** The coordinator's own copy and its nearest peers'; another one when an answer is late. */
  #ask(coordinator: Replica, arrive: (replica: Replica) => void): void {
    const others = this.nodes.length - 1;
    const first = Math.floor(this.#kernel.chance() * others);
    const own = this.nodes.indexOf(coordinator);
    const peer = (index: number): Replica =>
      this.nodes[(own + 1 + ((first + index) % others)) % (others + 1)] as Replica;
    let isLate = false;
    for (let index = 0; index < this.#quorum - 1; index += 1) {
      const replica = peer(index);
      const delayMs = this.#network.delay(coordinator.name, replica.name);
      isLate ||= delayMs === null || delayMs > SPECULATE_MS || !replica.isUp;
      this.#deliverTo(replica, delayMs, () => arrive(replica));
    }
    if (isLate) {
      for (let index = this.#quorum - 1; index < others; index += 1) {
        const replica = peer(index);
        const delayMs = this.#network.delay(coordinator.name, replica.name);
        this.#deliverTo(replica, delayMs === null ? null : delayMs + SPECULATE_MS, () => arrive(replica));
      }
    }
    arrive(coordinator);
  }

  #merge(
    call: Call<readonly Rows[]>,
    ranges: readonly Range[],
    answers: readonly { readonly replica: Replica; readonly slices: readonly Slice[] }[],
  ): void {
    const repairs = new Map<Replica, Mutation>();
    const nowMs = this.#wallMs(call.coordinator);
    const merged = ranges.map(({ partition }, index) => {
      const slices = answers.map(({ slices: all }) => all[index] as Slice);
      const agreed = agreedRows(slices, nowMs);
      if (agreed !== null) return agreed;
      const { deletedUs, rows } = mergeSlices(slices);
      answers.forEach(({ replica }, which) => {
        const stale = staleRows(slices[which] as Slice, rows);
        const isDeleteMissed = (slices[which] as Slice).deletedUs < deletedUs;
        if (stale.length === 0 && !isDeleteMissed) return;
        const before = repairs.get(replica) ?? { writes: [], deletes: [] };
        repairs.set(replica, {
          writes: [...before.writes, ...stale.map(([key, row]) => ({ partition, key, row }))],
          deletes: isDeleteMissed ? [...before.deletes, { partition, timestampUs: deletedUs }] : before.deletes,
        });
      });
      return liveRows(rows, deletedUs, nowMs);
    });
    this.#repair(call.coordinator, repairs, () => call.reply(merged));
  }

  /** The reader waits until the stale replicas have what it was told. */
  #repair(coordinator: Replica, repairs: ReadonlyMap<Replica, Mutation>, done: () => void): void {
    let open = repairs.size;
    if (open === 0) {
      done();
      return;
    }
    this.#network.meet('read-repair');
    for (const [replica, mutation] of repairs) {
      this.#deliverTo(replica, this.#network.delay(coordinator.name, replica.name), () => {
        replica.apply(mutation);
        open -= 1;
        if (open === 0) done();
      });
    }
  }

  /** The rounds of a linearizable operation between the coordinator and a quorum; null when it did not hold that long. */
  #roundTrip(coordinator: Replica): number | null {
    const peers = this.nodes.filter((node) => node !== coordinator && node.isUp);
    const delays = peers
      .map((peer) => this.#network.delay(coordinator.name, peer.name))
      .filter((delayMs) => delayMs !== null)
      .sort((left, right) => left - right);
    const slowestMs = delays[this.#quorum - 2];
    return slowestMs === undefined ? null : slowestMs * 4;
  }
}

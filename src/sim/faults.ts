// Breaks things as the plan says, and mends them: each fault by itself, or all at once at the end.
import type { Operation } from '../chaos/history/history.ts';
import type { FaultStep } from './plan.ts';
import type { Process } from './processes/process.ts';
import type { Scene } from './scene.ts';

export class Faults {
  readonly #scene: Scene;
  readonly #processes: ReadonlyMap<string, Process>;
  readonly #open = new Set<() => void>();

  constructor(scene: Scene, processes: ReadonlyMap<string, Process>) {
    this.#scene = scene;
    this.#processes = processes;
  }

  inject(step: FaultStep): void {
    const { kernel, history, network } = this.#scene;
    const mend = this.#begin(step);
    if (mend === null) return;
    const about =
      step.how.length === 0 ? step.who : `${step.who} ${step.how.map((part) => Number(part.toPrecision(3))).join(' ')}`;
    const operation: Operation<'fault'> = history.begin('nemesis', 'fault', { kind: step.do, about });
    if (step.do === 'crash' || step.do === 'clock-step') network.meet(step.do);
    const end = (): void => {
      if (!this.#open.delete(end)) return;
      mend();
      history.end(operation, 'ok', null);
    };
    this.#open.add(end);
    kernel.schedule(step.forMs, end);
  }

  mendAll(): void {
    for (const end of this.#open) end();
  }

  /** Returns how to mend it; null when it makes no sense now. */
  #begin(step: FaultStep): (() => void) | null {
    const { network, cluster } = this.#scene;
    const [how = 0] = step.how;
    switch (step.do) {
      case 'crash':
        return this.#crash(step.who);
      case 'pause':
        return this.#pause(step.who);
      case 'isolate': {
        const nodes = step.how.map((number) => `n${number}`);
        for (const node of nodes) network.cut(step.who, node);
        return () => {
          for (const node of nodes) network.mend(step.who, node);
        };
      }
      case 'node-down': {
        const node = cluster.nodes.find(({ name }) => name === step.who);
        if (node === undefined || !node.isUp) return null;
        node.isUp = false;
        return () => {
          node.isUp = true;
        };
      }
      case 'node-cut': {
        const others = cluster.nodes.filter(({ name }) => name !== step.who);
        for (const { name } of others) network.cut(step.who, name);
        return () => {
          for (const { name } of others) network.mend(step.who, name);
        };
      }
      case 'loss':
        network.faultLost += how;
        return () => {
          network.faultLost -= how;
        };
      case 'slow':
        network.slowness *= how;
        return () => {
          network.slowness /= how;
        };
      case 'clock-step':
        this.#processes.get(step.who)?.life?.machine.stepWallClock(how);
        return () => {};
      default:
        return step.do satisfies never;
    }
  }

  #crash(who: string): (() => void) | null {
    const process = this.#processes.get(who);
    if (process?.crash() !== true) return null;
    return () => {
      if (process.life === null) process.boot();
    };
  }

  #pause(who: string): (() => void) | null {
    const machine = this.#processes.get(who)?.life?.machine;
    if (machine?.isUp !== true) return null;
    machine.pause();
    return () => {
      if (machine.resume() > 0) this.#scene.network.meet('pause');
    };
  }
}

// A client that submits jobs, and gives orders about them.
import { Client } from '../../chaos/workload/client.ts';
import type { ClientStep } from '../../chaos/workload/plan.ts';
import type { JobId } from '../../core/model/ids.ts';
import { START_MS } from '../machine.ts';
import { type Life, Process } from './process.ts';

export class SubmitProcess extends Process {
  #client: Client | null = null;

  protected async live({ machine, store, events, who }: Life): Promise<void> {
    const { history } = this.scene;
    const deps = { store, clock: machine, random: machine.random, events, recorder: history, who };
    this.#client = new Client(deps, START_MS);
  }

  /** `idOf`: what was submitted with a tag. */
  take(step: ClientStep, idOf: (tag: string) => JobId | undefined, acknowledged: (id: JobId) => void): void {
    const { life } = this;
    const client = this.#client;
    if (life === null || client === null) return;
    life.machine.deliver(() => void client.take(step, idOf, acknowledged));
  }
}

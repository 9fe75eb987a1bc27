// A program that uses locks as the library and the command line do.
import { Holder } from '../../chaos/workload/holder.ts';
import { type Life, Process } from './process.ts';

export class HolderProcess extends Process {
  protected async live({ machine, store, events, who }: Life): Promise<void> {
    const { kernel, plan, history, resource } = this.scene;
    const { lockNames, leaseMs } = plan;
    await new Holder({
      ...{ store, clock: machine, random: machine.random, events, recorder: history, who, lockNames, leaseMs },
      chance: () => kernel.chance(),
      request: (effect) => resource.request(machine, who, effect),
    }).run();
  }
}

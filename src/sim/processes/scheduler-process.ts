// A real scheduler.
import { Scheduler } from '../../core/cron/scheduler.ts';
import { type Life, Process } from './process.ts';

const START_AGAIN_MS = 500;

export class SchedulerProcess extends Process {
  protected async live(life: Life): Promise<void> {
    const deps = { ...life, clock: life.machine, random: life.machine.random };
    const options = { memberId: life.who, leaseMs: this.scene.plan.leaseMs, address: '', version: '0' };
    while (this.life === life) {
      try {
        await Scheduler.start(deps, options);
        return;
      } catch {
        await life.machine.sleep(START_AGAIN_MS);
      }
    }
  }
}

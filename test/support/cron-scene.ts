// Schedulers, beside a fleet of workers, on one embedded store in virtual time.
import { expect } from 'vitest';
import { seededRandom } from '../../src/chaos/seeded-random.ts';
import { Scheduler } from '../../src/core/cron/scheduler.ts';
import type { RunRow, ScheduleRow } from '../../src/core/model/schedule.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { Fleet } from './fleet.ts';
import { scheduleRow } from './rows.ts';

const MINUTE_MS = 60_000;

export class CronScene implements AsyncDisposable {
  readonly fleet: Fleet;
  readonly #schedulers: Scheduler[] = [];
  readonly #cut = new Set<string>();

  private constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  static async open(): Promise<CronScene> {
    const fleet = await Fleet.open(4);
    await fleet.clock.advance(MINUTE_MS - (fleet.clock.wallMs() % MINUTE_MS));
    return new CronScene(fleet);
  }

  async start(memberId: string, store: Store = this.fleet.reachable(memberId)): Promise<Scheduler> {
    const { clock, events } = this.fleet;
    const starting = Scheduler.start(
      {
        store,
        clock,
        random: seededRandom(memberId.length + memberId.charCodeAt(0)),
        events: { emit: (event) => events.push(event) },
      },
      { memberId, leaseMs: 10_000, address: '', version: '0' },
    );
    await clock.advance(100);
    const scheduler = await starting;
    this.#schedulers.push(scheduler);
    await clock.advance(1_500);
    return scheduler;
  }

  async make(name: string, fields: Partial<ScheduleRow>): Promise<void> {
    const nowMs = this.fleet.clock.wallMs();
    const row = scheduleRow(name, { zone: 'UTC', fromMs: nowMs, createdMs: nowMs, updatedMs: nowMs, ...fields });
    const job = { ...row.job, type: 'do', payload: '{}' };
    expect(await this.fleet.store.scheduleWrite({ ...row, job, ...fields }, null)).toBe('applied');
  }

  runs(schedule: string): Promise<readonly RunRow[]> {
    return this.fleet.store.runList({ schedule, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER / 2, limit: 10_000 });
  }

  cut(memberId: string): void {
    this.#cut.add(memberId);
    this.fleet.cut(memberId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const memberId of this.#cut) this.fleet.heal(memberId);
    await this.fleet.during(Promise.all(this.#schedulers.map((each) => each.drain())), 120_000);
    await this.fleet[Symbol.asyncDispose]();
  }
}

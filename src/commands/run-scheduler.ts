// Starts a scheduler in this process: shared by `scheduler run` and `dev`.
import { Scheduler } from '../core/cron/scheduler.ts';
import type { Context, Telemetry } from './context.ts';
import { packageVersion } from './version.ts';

/** Disposing of it gives back what it owns. */
export const startScheduler = async (
  context: Context,
  telemetry: Telemetry,
  { id, leaseMs }: { readonly id: string; readonly leaseMs: number },
): Promise<Scheduler> => {
  const { clock, random } = context;
  const store = telemetry.instrument(await context.store());
  const deps = { store, clock, random, events: telemetry.events };
  return Scheduler.start(deps, { memberId: id, leaseMs, address: '', version: packageVersion() });
};

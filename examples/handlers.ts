// Handlers to start from: `jobctl worker --handlers examples/handlers.ts`. docs/handlers.md explains what they get.
import { setTimeout as sleep } from 'node:timers/promises';

interface Job<Payload> {
  readonly id: string;
  readonly payload: Payload;
  readonly attempt: number;
}
interface Context {
  readonly signal: AbortSignal;
  readonly fencingToken: number;
  log(message: string, fields?: Record<string, unknown>): void;
  progress(value: unknown): void;
  fail(error: string): never;
  /** ms, or as "30s". */
  snooze(delay: number | string): never;
}

export default {
  /** `jobctl submit email.send --payload '{"to":"a@example.org"}'` */
  'email.send': async ({ id, payload }: Job<{ to?: string }>, ctx: Context) => {
    if (payload?.to === undefined) ctx.fail('the payload has no "to"'); // not retried: it will not get better
    await sleep(50, undefined, { signal: ctx.signal });
    ctx.log('sent', { to: payload.to });
    return { messageId: `<${id}@example.org>` };
  },

  /** Reports how far it is, and stops when it is told to. */
  'report.build': async ({ payload }: Job<{ pages?: number } | null>, ctx: Context) => {
    const pages = payload?.pages ?? 5;
    for (let page = 1; page <= pages; page += 1) {
      await sleep(100, undefined, { signal: ctx.signal });
      ctx.progress(page / pages);
    }
    return { pages };
  },

  /** Fails at its first attempts and then succeeds: retries at work. */
  flaky: async ({ attempt, payload }: Job<{ failures?: number } | null>) => {
    const failures = payload?.failures ?? 1;
    if (attempt <= failures) throw new Error(`failure ${attempt} of ${failures}`);
    return { attempts: attempt };
  },

  /** Not ready yet: asks to be run again later, which costs no attempt. */
  snoozer: async ({ payload }: Job<{ readyAt?: string } | null>, ctx: Context) => {
    const readyAt = payload?.readyAt;
    if (readyAt !== undefined && Date.parse(readyAt) > Date.now()) ctx.snooze('2s');
    return { ready: true };
  },

  /** Ends as a dead letter. */
  broken: async () => {
    throw new Error('this handler always fails');
  },

  /** Burns CPU for some seconds: the worker keeps its locks, since handlers have a thread of their own. */
  'cpu.burn': async ({ payload }: Job<{ seconds?: number } | null>) => {
    const endMs = performance.now() + (payload?.seconds ?? 1) * 1_000;
    let rounds = 0;
    while (performance.now() < endMs) rounds += 1;
    return { rounds };
  },
};

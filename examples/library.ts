// jobctl inside of a program: submit jobs, run them with functions of your own, and wait for what comes of them.
// docs/library.md has every option; test/e2e/library.test.ts runs this.
import { connect, type UserContext, type UserJob } from 'jobctl';

/** Handlers share this program's thread: what burns CPU belongs in a handlers file, `handlers: { file: './handlers.ts' }`. */
const handlers = {
  'email.send': async ({ id, payload }: UserJob<{ readonly to?: string } | null>, ctx: UserContext) => {
    if (payload?.to === undefined) ctx.fail('the payload has no "to"'); // not retried: it will not get better
    ctx.log('sending', { to: payload.to });
    return { messageId: `<${id}@example.org>` };
  },
};

export const sendTwo = async (storeUrl: string): Promise<readonly string[]> => {
  await using jobctl = await connect({ store: storeUrl });
  await using worker = await jobctl.worker({ handlers, concurrency: 4 });

  const good = await jobctl.submit({ type: 'email.send', payload: { to: 'a@example.org' }, key: 'order-17' });
  const bad = await jobctl.submit({ type: 'email.send', delayMs: 50, maxAttempts: 2 });

  const jobs = [await jobctl.wait(good.id), await jobctl.wait(bad.id, { timeoutMs: 30_000 })];
  await worker.drain(); // running jobs finish; the end of the block would do it, too
  return jobs.map(({ state, attempts }) => `${state} after ${attempts.length} attempt`);
};

// Many who want one lock, on real nodes: never two inside, and tokens that only grow.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../src/index.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';

const CLIENTS = 3;
const PER_CLIENT = 8;
const PROCESSES = 8;
const WAIT_MS = 200_000;

describeThreeNodes('32 contenders', ({ url }) => {
  test('hold one lock one after the other, under tokens that are unique and grow', async () => {
    await using sandbox = new Sandbox(url);
    const entrances = join(sandbox.folder, 'entrances');
    let inside = 0;
    let insideMax = 0;
    const contend = async (client: Awaited<ReturnType<typeof connect>>): Promise<void> => {
      await using lock = await client.lock('contended', { waitMs: WAIT_MS });
      inside += 1;
      insideMax = Math.max(insideMax, inside);
      appendFileSync(entrances, `${lock.token}\n`);
      await new Promise(setImmediate);
      inside -= 1;
    };
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect({ store: url })));
    const script = `echo $JOBCTL_FENCING_TOKEN >> ${entrances}`;
    const commands = Array.from({ length: PROCESSES }, () =>
      sandbox.run('lock', 'run', 'contended', '--wait', `${WAIT_MS}ms`, '--', 'sh', '-c', script),
    );
    await Promise.all(clients.flatMap((client) => Array.from({ length: PER_CLIENT }, () => contend(client))));
    for (const { code, stderr } of await Promise.all(commands)) expect(code, stderr).toBe(0);
    for (const client of clients) await client[Symbol.asyncDispose]();

    const tokens = readFileSync(entrances, 'utf8').trim().split('\n').map(Number);
    expect(tokens).toHaveLength(CLIENTS * PER_CLIENT + PROCESSES);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens).toEqual(tokens.toSorted((left, right) => left - right));
    expect(insideMax).toBe(1);
  });
});

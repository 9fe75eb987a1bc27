// Buckets over live workers, on the embedded store.
import { test } from 'vitest';
import { Sandbox } from './processes.ts';
import { rebalanceStory } from './rebalance.ts';

test('buckets follow the workers that live and what an operator orders, and no job is lost', async () => {
  await using sandbox = new Sandbox();
  await rebalanceStory(sandbox);
});

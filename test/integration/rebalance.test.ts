// Buckets over live workers, on real nodes.
import { test } from 'vitest';
import { Sandbox } from '../e2e/processes.ts';
import { rebalanceStory } from '../e2e/rebalance.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';

describeThreeNodes('rebalancing', ({ url }) => {
  test('buckets follow the workers that live and what an operator orders, and no job is lost', async () => {
    await using sandbox = new Sandbox(url);
    await rebalanceStory(sandbox);
  });
});

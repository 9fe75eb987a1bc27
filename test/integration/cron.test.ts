// Schedules on real nodes.
import { test } from 'vitest';
import { cronStory } from '../e2e/cron.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';

describeThreeNodes('schedules', ({ url }) => {
  test('a schedule fires every slot once although one of two schedulers is killed every few seconds for a minute', async () => {
    await using sandbox = new Sandbox(url);
    await cronStory(sandbox, { rounds: 12 });
  });
});

// The story of the API on three real nodes; test/e2e has it on the embedded store.
import { test } from 'vitest';
import { apiStory, readmeStory } from '../e2e/api.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';

describeThreeNodes('the API', ({ url }) => {
  test('submit, delay, run now, schedule, pause, look; by command line and by HTTP', async () => {
    await using sandbox = new Sandbox(url);
    await apiStory(sandbox);
  });

  test('the story of the README', async () => {
    await using sandbox = new Sandbox(url);
    await readmeStory(sandbox);
  });
});

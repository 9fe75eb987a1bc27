// Schedules on the embedded store.
import { test } from 'vitest';
import { cronStory } from './cron.ts';
import { Sandbox } from './processes.ts';

test('a schedule fires every slot once although schedulers are killed', async () => {
  await using sandbox = new Sandbox();
  await cronStory(sandbox, { rounds: 3 });
});

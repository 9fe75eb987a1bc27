// Schedules on the embedded store.
import { expect, test } from 'vitest';
import { cronStory } from './cron.ts';
import { Sandbox } from './processes.ts';

test('a schedule fires every slot once although schedulers are killed', async () => {
  await using sandbox = new Sandbox();
  await cronStory(sandbox, { rounds: 3 });
});

test('the time zone of the machine makes no difference', async () => {
  await using sandbox = new Sandbox();
  const zones = ['UTC', 'Pacific/Apia', 'America/New_York', 'Australia/Lord_Howe'];
  const answers = [];
  for (const zone of zones) {
    sandbox.env = { TZ: zone };
    const spec = ['--tz', 'Europe/Rome', '--from', '2027-03-27T00:00:00Z', '--count', '4'];
    answers.push((await sandbox.run('cron', 'next', '30 2 * * *', ...spec)).stdout);
  }
  expect(answers[0]).toContain('2027-03-28T03:30:00+02:00');
  for (const answer of answers) expect(answer).toBe(answers[0]);
});

// The protocol under faults: fixed seeds, seeds that found a bug once, fresh ones, and bugs that must be caught. The seeds run
// in processes of their own, as `npm run simulate` does. A failing seed prints how to replay it.
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { formatHistory } from '../../src/chaos/history/text.ts';
import { runSeed } from '../../src/sim/campaign.ts';
import { runPlan } from '../../src/sim/run.ts';
import { makePlan, WORLDS } from '../../src/sim/worlds.ts';
import { FOUND } from './found.ts';

const FIXED_SEEDS = 300;
/** Fresh ones run at least this long, ms. */
const FRESH_MS = 30_000;
const FRESH_PART = 60;
/** Beyond the fixed ones; a whole number that --from takes. */
const FRESH_FROM = 1_000_000;
const FRESH_SPAN = 900_000_000;
const TIMEOUT_MS = 240_000;

const simulate = (...args: readonly string[]) =>
  execa(process.execPath, [fileURLToPath(new URL('simulate.ts', import.meta.url)), ...args], { reject: false });

const expectNoViolation = async (...args: readonly string[]): Promise<void> => {
  const { stdout, stderr, exitCode } = await simulate(...args);
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toContain('no violation');
};

test(`${FIXED_SEEDS} fixed seeds`, () => expectNoViolation('--seeds', String(FIXED_SEEDS), '--from', '1'), TIMEOUT_MS);

test(
  'fresh seeds',
  async () => {
    const endMs = performance.now() + FRESH_MS;
    while (performance.now() < endMs) {
      const from = FRESH_FROM + (Date.now() % FRESH_SPAN);
      await expectNoViolation('--seeds', String(FRESH_PART), '--from', String(from));
    }
  },
  TIMEOUT_MS,
);

test(
  'every planted bug is caught',
  async () => {
    const { stdout, exitCode } = await simulate('--canaries');
    expect(stdout).not.toContain('NOT CAUGHT');
    expect(exitCode, stdout).toBe(0);
  },
  TIMEOUT_MS,
);

test.each(FOUND)('seed $seed ($world) found: $bug', async ({ seed, world }) => {
  const { verdicts } = await runSeed(seed, world);
  expect(verdicts.filter(({ verdict }) => verdict === 'violated')).toEqual([]);
});

describe('the same seed gives the same run', () => {
  test.each(Object.keys(WORLDS))('%s', async (world) => {
    const lines = async (): Promise<string> => formatHistory(await runPlan(makePlan(99, world))).join('\n');
    const first = await lines();
    expect(first.length).toBeGreaterThan(1_000);
    expect(await lines()).toBe(first);
  });
});

describe('the command', () => {
  test('shows one seed with its verdicts and its trace', async () => {
    const { stdout, exitCode } = await simulate('--seed', '7', '--trace');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('nemesis   fault');
    expect(stdout).toContain('J1 held');
  });

  test('shrinks a failing run to the few steps that matter', async () => {
    const { stdout, exitCode } = await simulate('--canary', 'truth-before-pointer', '--seed', '1', '--shrink');
    expect(exitCode).toBe(6);
    const [, steps = '0', invariant] = /(\d+) steps are enough for (\w+)/.exec(stdout) ?? [];
    expect(invariant).toBe('I3');
    expect(Number(steps)).toBeGreaterThan(0);
    expect(Number(steps)).toBeLessThan(5);
  }, 120_000);

  test('refuses what is no number, with the usage', async () => {
    const { stderr, exitCode } = await simulate('--seeds', 'many');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--seeds takes a whole number');
  });
});

// Scenarios: those of the library can be read and mean something; what cannot be read is refused, with the place.
import { describe, expect, test } from 'vitest';
import { RUN_CHECKERS } from '../../src/chaos/run/verdict.ts';
import { workloadSteps } from '../../src/chaos/run/workload.ts';
import { drawMix, libraryNames, loadScenario, parseScenario } from '../../src/chaos/scenario.ts';

const names = await libraryNames();

test('the library has at least twelve', () => {
  expect(names.length).toBeGreaterThanOrEqual(12);
});

describe('of the library', () => {
  test.each(names)('%s', async (name) => {
    const scenario = await loadScenario(name);
    expect(scenario.name).toBe(name);
    const known = RUN_CHECKERS.map(({ invariant }) => invariant);
    expect(scenario.invariants.filter((each) => !known.includes(each))).toEqual([]);
    expect(drawMix(scenario, 7).faults.length).toBeGreaterThan(0);
  });
});

test('the same seed gives the same workload and the same mix, another one another', async () => {
  const mix = await loadScenario('mix');
  expect(drawMix(mix, 7)).toEqual(drawMix(mix, 7));
  expect(drawMix(mix, 7)).not.toEqual(drawMix(mix, 8));
  expect(workloadSteps(mix, 7, 30_000)).toEqual(workloadSteps(mix, 7, 30_000));
});

test('what cannot be read is refused', async () => {
  await expect(loadScenario('no-such')).rejects.toMatchObject({ code: 'CHAOS_SCENARIO_INVALID', exitCode: 2 });
  const text = '{ name: x, summary: s, invariants: [J1], faults: [{ fault: melt-node, atSeconds: 1, forSeconds: 1 }] }';
  await expect(parseScenario(text, 'x.yaml')).rejects.toMatchObject({
    code: 'CHAOS_SCENARIO_INVALID',
    detail: expect.stringContaining('faults[0].fault'),
  });
  await expect(parseScenario('{', 'x.yaml')).rejects.toMatchObject({ code: 'CHAOS_SCENARIO_INVALID' });
});

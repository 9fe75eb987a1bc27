// jobctl chaos sim: the scenarios on a simulated Cassandra, in this process, in virtual time, by many seeds.
import { wholeNumber } from '../../config/parse/values.ts';
import { EXIT } from '../../core/model/errors.ts';
import type { Summary } from '../../sim/campaign.ts';
import { defineCommand, flag, option } from '../command.ts';
import type { ResultView } from '../output/out.ts';

const SEEDS_DEFAULT = 100;
const SEEDS_MAX = 1_000_000;
const SEED_MAX = 2 ** 31 - 1;
const FAILURES_SHOWN = 10;

const SUMMARY: ResultView<Summary> = {
  name: ({ seeds }) => `seeds/${seeds}`,
  text: ({ seeds, virtualHours, operations, verdicts, failures }) =>
    [
      'invariant      held  violated   unknown',
      ...Object.entries(verdicts).map(
        ([invariant, { held, violated, unknown }]) =>
          `${invariant.padEnd(10)}${String(held).padStart(9)}${String(violated).padStart(10)}${String(unknown).padStart(10)}`,
      ),
      ...failures
        .slice(0, FAILURES_SHOWN)
        .flatMap(({ seed, world, violated }) => [
          `seed ${seed} of ${world}: ${violated.map(({ invariant, why }) => `${invariant}: ${why}`).join('; ')}`,
          `  jobctl chaos sim ${world} --from ${seed} --seeds 1 --trace`,
        ]),
      `${seeds} seeds, ${virtualHours.toFixed(1)} virtual hours, ${operations} operations: ${failures.length === 0 ? 'no violation' : `${failures.length} seeds violated an invariant`}`,
    ].join('\n'),
};

export const chaosSim = defineCommand({
  name: 'chaos sim',
  arguments: '[scenario]',
  summary: 'carry out scenarios on a simulated Cassandra: thousands of seeds, no cluster',
  details: `Real workers, schedulers and clients in one process, under virtual time; everything follows from the seed, so that a seed that fails can be looked at.
Without a name every scenario of the library takes its turn. Exit 6: some seed violated an invariant. docs/simulation.md says what this shows, and what it cannot.`,
  options: {
    seeds: option('<n>', `how many (default ${SEEDS_DEFAULT})`, wholeNumber(1, SEEDS_MAX)),
    from: option('<n>', 'the first seed (default 1)', wholeNumber(0, SEED_MAX)),
    trace: flag('print everything that happened, with the result'),
  },
  examples: [
    { does: 'every scenario, a few times', line: 'jobctl chaos sim --seeds 200' },
    { does: 'one seed, step by step', line: 'jobctl chaos sim zombie-worker --from 7 --seeds 1 --trace' },
  ],
  async run(context, [name], { seeds = SEEDS_DEFAULT, from = 1, trace = false }) {
    const { drawMix, libraryNames, loadScenario } = await import('../../chaos/scenario.ts');
    const { formatHistory } = await import('../../chaos/history/text.ts');
    const { addRun, emptySummary, judgePlan } = await import('../../sim/campaign.ts');
    const { planOfScenario } = await import('../../sim/from-scenario.ts');
    const library = name === undefined ? await libraryNames() : [name];
    const scenarios = await Promise.all(library.map(loadScenario));
    const { stop } = context.shutdown();
    const summary = emptySummary();
    for (let seed = from; seed < from + seeds && !stop.aborted; seed += 1) {
      const scenario = scenarios[seed % scenarios.length];
      if (scenario === undefined) break;
      const run = await judgePlan(planOfScenario(drawMix(scenario, seed), seed));
      if (trace) context.note(formatHistory(run.history).join('\n'));
      addRun(summary, run);
    }
    context.out.result(summary, SUMMARY);
    return summary.failures.length === 0 ? EXIT.ok : EXIT.checkFailed;
  },
});

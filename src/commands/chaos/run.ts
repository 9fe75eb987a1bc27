// jobctl chaos run: a scenario on a real cluster, with a verdict. And jobctl chaos check: the verdict of an old run, anew.

import type { RunVerdict } from '../../chaos/run/verdict.ts';
import type { ScenarioFault } from '../../chaos/scenario.ts';
import { parseText, wholeNumber } from '../../config/parse/values.ts';
import { EXIT } from '../../core/model/errors.ts';
import { openCluster, SELECTION } from '../cluster/options.ts';
import { defineCommand, option } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import type { ResultView } from '../output/out.ts';
import { packageVersion } from '../version.ts';
import { SEED_MAX } from './fault.ts';
import { chaosStore, foldersOf, journalOf, ofTheRun, program, sceneOf, stoppedExit, watcherOf } from './scene.ts';

interface Judged extends RunVerdict {
  readonly scenario: string;
  readonly seed: number;
  readonly out: string;
}

const EXITS = { held: EXIT.ok, violated: EXIT.checkFailed, unknown: EXIT.unknown } as const;

const VERDICT: ResultView<Judged> = {
  name: ({ scenario, seed }) => `run/${scenario}-${seed}`,
  text: ({ scenario, seed, out, verdict, why, invariants }) =>
    [
      ...invariants.map(({ id, verdict: each, claim, why: reason, wanted, operations }) =>
        [
          `${id.padEnd(4)}${each.padEnd(10)}${wanted ? '* ' : '  '}${claim}${reason === '' ? '' : `: ${reason}`}`,
          ...operations.map(({ text }) => `      ${text}`),
        ].join('\n'),
      ),
      '',
      `${scenario}, seed ${seed}: ${verdict}${why === '' ? '' : ` (${why})`}`,
      `the run is in ${out}`,
    ].join('\n'),
};

export const chaosRun = defineCommand({
  name: 'chaos run',
  changes: 'itself',
  arguments: '<scenario>',
  summary: 'carry out a scenario: a workload of many processes, faults, and a verdict about every invariant',
  details: `A name of the library (\`jobctl chaos scenarios\`) or a YAML file. It works in a keyspace of its own, jobctl_chaos, which it empties.
Exit 0: all that the scenario is to show has held; 6: something was violated; 8: it cannot tell; 5: the system did not serve before, nothing was broken; 1: not everything is whole again; 130: stopped, and mended.`,
  options: {
    ...SELECTION,
    seed: option(
      '<n>',
      'what the workload does and which targets are chosen (default: random, printed)',
      wholeNumber(0, SEED_MAX),
    ),
    out: option('<folder>', 'where the history goes (default out/SCENARIO-SEED)', parseText),
  },
  examples: [
    {
      does: 'a worker that sleeps longer than its lease',
      line: 'jobctl chaos run zombie-worker --seed 7 --out out/zombie --yes',
    },
    { does: 'a scenario of your own', line: 'jobctl chaos run ./my-scenario.yaml --yes -o json' },
  ],
  async run(context, [name = ''], options) {
    const { drawMix, loadScenario } = await import('../../chaos/scenario.ts');
    const { assertAvailable } = await import('../../chaos/run/nemesis.ts');
    const { unavailableHere } = await import('../../chaos/faults/capability.ts');
    const { conduct, workloadMs } = await import('../../chaos/run/conductor.ts');
    const { assertSteady } = await import('../../chaos/faults/plan.ts');
    const seed = options.seed ?? context.random.uint32();
    const scenario = drawMix(await loadScenario(name), seed);
    await assertAvailable(scenario, unavailableHere);
    const out = options.out ?? `out/${scenario.name}-${seed}`;
    const cluster = await openCluster(context, options);
    assertSteady({ nodes: await cluster.status() });
    const seconds = Math.round(workloadMs(scenario) / 1_000);
    context.note(`${scenario.name}: ${scenario.summary}; ${seconds} s and more, seed ${seed}, cluster ${cluster.name}`);
    if (!(await confirm(context, `run ${scenario.name} on cluster ${cluster.name}?`, [`cluster/${cluster.name}`]))) {
      return EXIT.ok;
    }
    const run = `${scenario.name}-${seed}-${context.clock.wallMs()}`;
    const url = await chaosStore(context, cluster);
    await using store = await context.storeAt(url);
    const { stop } = context.shutdown();
    await using leaving = new AsyncDisposableStack();
    // What a node of another time has decided by Paxos comes back after a TRUNCATE: the next run makes the keyspace anew.
    if (scenario.faults.some(isOfNodeClock)) leaving.defer(() => dropStore(context, url));
    const isOver = await conduct(
      {
        ...{ cluster, store, url, stop, clock: context.clock, random: context.random, program: program() },
        ...{ journal: await journalOf(context), folders: foldersOf(context), argv: context.argv },
        ...{ version: packageVersion(), report: (text) => context.note(text) },
        scene: async () => ofTheRun(await sceneOf(context, cluster, run)),
        watch: await watcherOf(cluster),
      },
      { run, scenario, seed, out },
    );
    return isOver ? judgeFolder(context, out) : stoppedExit(stop);
  },
});

const isOfNodeClock = ({ fault, target = '' }: ScenarioFault): boolean =>
  fault === 'clock-skew' && target.startsWith('cassandra-');

const dropStore = async (context: Context, url: string): Promise<void> => {
  await using schema = await context.schema(url);
  await schema.reset();
};

export const chaosCheck = defineCommand({
  name: 'chaos check',
  arguments: '<folder>',
  summary: 'judge the history of a run again',
  details: 'Reads history.jsonl and run.json; writes verdict.json beside them. Exit codes as of `chaos run`.',
  options: {},
  examples: [
    { does: 'what was violated, and where', line: 'jobctl chaos check out/zombie' },
    {
      does: 'for a script',
      line: 'jobctl chaos check out/zombie -o json | jq \'.invariants[] | select(.verdict != "held")\'',
    },
  ],
  run: (context, [folder = '']) => judgeFolder(context, folder),
});

/** Throws CHAOS_HISTORY_INVALID. */
const judgeFolder = async (context: Context, folder: string): Promise<number> => {
  const { readRun, runFiles } = await import('../../chaos/run/record.ts');
  const { judgeRun } = await import('../../chaos/run/verdict.ts');
  const { writeFile } = await import('node:fs/promises');
  const { record, history } = await readRun(folder);
  const verdict = judgeRun(history, record.scenario);
  const judged: Judged = { ...verdict, scenario: record.scenario.name, seed: record.seed, out: folder };
  await writeFile(runFiles(folder).verdict, `${JSON.stringify(judged, null, 2)}\n`);
  context.out.result(judged, VERDICT);
  return EXITS[verdict.verdict];
};

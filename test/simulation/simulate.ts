// The command `npm run simulate`: runs seeds on all cores, or one with its trace, or plants every bug to be caught.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { formatHistory } from '../../src/chaos/history/text.ts';
import type { Summary } from '../../src/sim/campaign.ts';
import { makePlan, WORLDS } from '../../src/sim/worlds.ts';
import { CANARIES } from './canaries.ts';
import type { Canary } from './canary.ts';
import { plant } from './planting.ts';
import { formatCanaries, formatFailure, formatSummary, formatVerdicts } from './report.ts';

const USAGE = `usage: npm run simulate -- [--seeds N] [--from N] [--world NAME]   run many seeds on every core
       npm run simulate -- --seed N [--world NAME] [--trace] [--shrink]   run one, and show it
       npm run simulate -- --canaries                                plant every bug, and catch it
       npm run simulate -- --canary NAME --seed N [--trace] [--shrink]   plant one, and look at it
exit codes: 0 all held, 2 wrong usage, 6 a violation, or a canary that was not caught`;

const EXIT_USAGE = 2;
const EXIT_VIOLATED = 6;
const SEEDS_DEFAULT = 200;
/** Most seeds that one process runs before it reports: starting one costs as much as ten seeds. */
const PART_SEEDS_MAX = 500;

/** A run leaves little behind and much garbage: fewer collections are worth a tenth of the time. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      world: { type: 'string' },
      trace: { type: 'boolean' },
      shrink: { type: 'boolean' },
      canaries: { type: 'boolean' },
      canary: { type: 'string' },
      part: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const from = whole('from', values.from ?? '1');
  if (values.canaries) return runCanaries();
  if (values.canary !== undefined)
    known(
      'canary',
      values.canary,
      CANARIES.map(({ name }) => name),
    );
  if (values.world !== undefined) known('world', values.world, Object.keys(WORLDS));
  const canary = values.canary === undefined ? null : plant(values.canary);
  if (values.seed !== undefined) return runOne(whole('seed', values.seed), { world: canary?.world, ...values });
  if (canary !== null) return runCanary(canary);
  const range = { from, count: whole('seeds', values.seeds ?? String(SEEDS_DEFAULT)), world: values.world };
  return values.part ? runPart(range) : runCampaign(range);
};

interface Range {
  readonly from: number;
  readonly count: number;
  readonly world: string | undefined;
}

/** In this process, without a word but the summary as JSON. */
const runPart = async ({ from, count, world }: Range): Promise<number> => {
  const { addRun, emptySummary, runSeed } = await import('../../src/sim/campaign.ts');
  const summary = emptySummary();
  for (let seed = from; seed < from + count; seed += 1) addRun(summary, await runSeed(seed, world));
  process.stdout.write(JSON.stringify(summary));
  return 0;
};

const runCampaign = async ({ from, count, world }: Range): Promise<number> => {
  const { addSummary, emptySummary } = await import('../../src/sim/campaign.ts');
  const summary = emptySummary();
  const startMs = performance.now();
  const processes = availableParallelism();
  const partSeeds = Math.min(PART_SEEDS_MAX, Math.ceil(count / processes));
  let next = from;
  const runParts = async (): Promise<void> => {
    while (next < from + count) {
      const part = { from: next, count: Math.min(partSeeds, from + count - next) };
      next += part.count;
      const args = ['--part', '--from', String(part.from), '--seeds', String(part.count)];
      const { stdout } = await self(world === undefined ? args : [...args, '--world', world]);
      const found = JSON.parse(stdout) as Summary;
      addSummary(summary, found);
      for (const failure of found.failures) process.stdout.write(`${formatFailure(failure)}\n`);
      if (process.stderr.isTTY)
        process.stderr.write(`\r${summary.seeds}/${count} seeds, ${summary.failures.length} violated`);
    }
  };
  await Promise.all(Array.from({ length: processes }, runParts));
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.stdout.write(`${formatSummary(summary, performance.now() - startMs)}\n`);
  return summary.failures.length === 0 ? 0 : EXIT_VIOLATED;
};

const runOne = async (
  seed: number,
  options: {
    readonly world?: string | undefined;
    readonly trace?: boolean | undefined;
    readonly shrink?: boolean | undefined;
  },
): Promise<number> => {
  const { isViolated, runSeed } = await import('../../src/sim/campaign.ts');
  const run = await runSeed(seed, options.world);
  if (options.trace) process.stdout.write(`${formatHistory(run.history).join('\n')}\n`);
  process.stdout.write(`${formatVerdicts(run)}\n`);
  const [first] = run.verdicts.filter(isViolated);
  if (first === undefined) return 0;
  if (options.shrink) {
    const { shrink } = await import('./shrink.ts');
    const small = await shrink(makePlan(seed, run.world), first.invariant);
    process.stdout.write(`${small.steps.length} steps are enough for ${first.invariant}:\n`);
    for (const step of small.steps) process.stdout.write(`  ${JSON.stringify(step)}\n`);
  }
  return EXIT_VIOLATED;
};

/** One planted bug, in a process of its own: prints who caught it after how many seeds, as JSON. */
const runCanary = async (canary: Canary): Promise<number> => {
  const { name, from = 1 } = canary;
  const { isViolated, runSeed } = await import('../../src/sim/campaign.ts');
  for (let tried = 1; tried <= canary.seedsMax; tried += 1) {
    const caught = (await runSeed(from + tried - 1, canary.world)).verdicts.filter(isViolated);
    if (caught.length === 0) continue;
    const by = caught.map(({ invariant }) => invariant);
    process.stdout.write(JSON.stringify({ name, tried, by, why: caught[0]?.why }));
    return 0;
  }
  process.stdout.write(JSON.stringify({ name, tried: null, by: [], why: '' }));
  return EXIT_VIOLATED;
};

const runCanaries = async (): Promise<number> => {
  const results: Parameters<typeof formatCanaries>[0][number][] = [];
  const waiting = [...CANARIES];
  const runNext = async (): Promise<void> => {
    for (let canary = waiting.shift(); canary !== undefined; canary = waiting.shift()) {
      const { stdout } = await self(['--canary', canary.name]);
      results.push({ ...canary, ...JSON.parse(stdout) });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, runNext));
  process.stdout.write(`${formatCanaries(results)}\n`);
  return results.every(({ tried }) => tried !== null) ? 0 : EXIT_VIOLATED;
};

const self = (args: readonly string[]) =>
  execa(process.execPath, [...NODE_FLAGS, fileURLToPath(import.meta.url), ...args], {
    reject: false,
    stderr: 'inherit',
  });

class Usage extends Error {}

const known = (option: string, name: string, names: readonly string[]): void => {
  if (!names.includes(name)) throw new Usage(`--${option} takes one of ${names.join(', ')}, not "${name}"`);
};

const whole = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Usage(`--${name} takes a whole number, not "${text}"`);
  return Number(text);
};

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof Usage || String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(isUsage ? `${(error as Error).message}\n${USAGE}\n` : `${(error as Error).stack}\n`);
  process.exitCode = isUsage ? EXIT_USAGE : 1;
}

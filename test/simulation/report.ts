// What `npm run simulate` prints.

import type { Verdict } from '../../src/chaos/checkers/verdict.ts';
import { formatOperation } from '../../src/chaos/history/text.ts';
import type { Failure, SeedRun, Summary } from '../../src/sim/campaign.ts';
import type { Canary } from './canary.ts';

const MS_PER_SECOND = 1_000;

export const formatSummary = (summary: Summary, tookMs: number): string => {
  const { seeds, virtualHours, operations, faults, verdicts, failures } = summary;
  const rate = (seeds / tookMs) * MS_PER_SECOND;
  return [
    `${seeds} seeds, ${virtualHours.toFixed(1)} virtual hours, ${operations} operations, ${rate.toFixed(1)} seeds/s`,
    `faults that took effect: ${entries(faults)}`,
    'invariant      held  violated   unknown',
    ...Object.entries(verdicts).map(
      ([invariant, { held, violated, unknown }]) =>
        `${invariant.padEnd(10)}${String(held).padStart(9)}${String(violated).padStart(10)}${String(unknown).padStart(10)}`,
    ),
    failures.length === 0 ? 'no violation' : `${failures.length} seeds violated an invariant`,
  ].join('\n');
};

export const formatFailure = ({ seed, world, violated }: Failure): string =>
  [
    `seed ${seed} (${world}) violated ${violated.map(({ invariant }) => invariant).join(', ')}`,
    ...violated.slice(0, 1).map(formatViolation),
    `replay it with: npm run simulate -- --seed ${seed} --world ${world} --trace`,
  ].join('\n');

export const formatVerdicts = ({ seed, world, verdicts }: SeedRun): string =>
  [
    `seed ${seed} (${world})`,
    ...verdicts.map((verdict) =>
      verdict.verdict === 'violated'
        ? `${verdict.invariant} violated\n${formatViolation(verdict)}`
        : `${verdict.invariant} ${verdict.verdict}${verdict.why === '' ? '' : `: ${verdict.why}`}`,
    ),
  ].join('\n');

const formatViolation = ({ why, operations }: Verdict): string =>
  [`  ${why}`, ...operations.map((operation) => `  ${formatOperation(operation)}`)].join('\n');

export const formatCanaries = (
  results: readonly (Canary & { readonly tried: number | null; readonly by: readonly string[] })[],
): string =>
  [
    `${'canary'.padEnd(22)}${'caught by'.padEnd(26)}seeds  at most  what is wrong`,
    ...results.map(({ name, by, tried, seedsMax, bug }) => {
      const who = tried === null ? 'NOT CAUGHT' : by.join(' ');
      return `${name.padEnd(22)}${who.padEnd(26)}${String(tried ?? '-').padStart(5)}  ${String(seedsMax).padStart(7)}  ${bug}`;
    }),
  ].join('\n');

const entries = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

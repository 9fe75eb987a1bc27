// Our fires beside those of croner, an independent implementation, in every zone that the runtime knows.
//
// Known differences, and why:
// - A local time that does not exist: croner runs when the gap ends; `shift` runs as much later as the clocks were put forward, so
//   that 02:30 is 03:30 and what was half an hour apart stays so. Compared with `skip`, and croner's fires at ends of gaps left out.
// - A local time that comes twice: croner runs a single time of day once, but lists, ranges and steps twice; `first` runs each once.
import { Cron } from 'croner';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/chaos/seeded-random.ts';
import { type Calendar, nextFire } from '../../../src/core/cron/next-fire.ts';
import { type FieldsSpec, parseSpec } from '../../../src/core/cron/spec.ts';
import { offsetMs, transitionsIn } from '../../../src/core/cron/zone.ts';
import type { FoldPolicy } from '../../../src/core/model/schedule.ts';

const DAY_MS = 86_400_000;
const SPECS_PER_ZONE = 2;
/** Thousands of local times are formatted. */
const TIMEOUT_MS = 120_000;
const FIRES = 25;
const FIRST_YEAR = 1995;
const YEARS = 42;

const random = seededRandom(20_261_125);
const below = (limit: number): number => random.uint32() % limit;
const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;

/** Most of them at night, when clocks are set. */
const SPECS: readonly (() => string)[] = [
  () => `${below(60)} ${below(5)} * * *`,
  () => `${below(30)},${30 + below(30)} ${below(4)} * * *`,
  () => `*/${pick([5, 7, 15, 30])} ${below(4)} * * *`,
  () => `${below(60)} */${pick([2, 3, 6])} * * *`,
  () => `*/${pick([10, 20, 30])} * * * *`,
  () => `${below(60)} * * * *`,
  () => `${below(60)} ${below(4)} ${1 + below(28)} * *`,
  () => `${below(60)} ${below(24)} * * ${below(7)}`,
  () => `${below(60)} ${below(4)} L * *`,
  () => `${below(60)} ${below(60)} ${below(4)} * * *`,
  () => `${below(60)} 1-3 * * *`,
  () => `0 0 ${1 + below(28)} ${1 + below(12)} *`,
  () => `${below(60)} ${below(4)} * ${1 + below(12)} ${below(7)}#${1 + below(4)}`,
];

const zones = Intl.supportedValuesOf('timeZone');

test(
  `${zones.length} zones`,
  () => {
    expect(zones.length).toBeGreaterThan(300);
    let [fires, moved] = [0, 0];
    for (const zone of zones) {
      for (let count = 0; count < SPECS_PER_ZONE; count += 1) {
        const compared = compare(zone, pick(SPECS)(), startIn(zone));
        fires += compared.fires;
        moved += compared.moved;
      }
    }
    expect(fires).toBeGreaterThan(zones.length * SPECS_PER_ZONE * 10);
    expect(moved).toBeGreaterThan(100); // a comparison that never meets a clock that is set shows little
  },
  TIMEOUT_MS,
);

/** Often a little before clocks are set. */
const startIn = (zone: string): number => {
  const anyMs = Date.UTC(FIRST_YEAR + below(YEARS), below(12), 1 + below(28), below(24));
  const [change] = transitionsIn(zone, anyMs, anyMs + 370 * DAY_MS);
  return change !== undefined && below(3) > 0 ? change.atMs - 2 * DAY_MS - below(DAY_MS) : anyMs;
};

const compare = (zone: string, text: string, fromMs: number): { readonly fires: number; readonly moved: number } => {
  const spec = parseSpec(text, 'oracle') as FieldsSpec;
  const ours = (fold: FoldPolicy) => firesAfter({ spec, zone, gap: 'skip', fold }, fromMs);
  const [once, always, theirs] = [ours('first'), ours('both'), cronerAfter(zone, text, fromMs)];
  const endMs = Math.min(...[once, always, theirs].map((list) => list.at(-1) ?? fromMs));
  const upToEnd = (list: readonly number[]): readonly number[] => list.filter((atMs) => atMs <= endMs);
  const real = upToEnd(theirs).filter((atMs) => isMatch(spec, zone, atMs));
  const context = `${text} in ${zone} from ${new Date(fromMs).toISOString()}`;
  expect(real, context).toEqual(expect.arrayContaining([...upToEnd(once)]));
  expect(upToEnd(always), context).toEqual(expect.arrayContaining([...real]));
  return { fires: real.length, moved: transitionsIn(zone, fromMs, endMs).length };
};

const firesAfter = (calendar: Calendar, fromMs: number): readonly number[] => {
  const fires: number[] = [];
  for (let fire = nextFire(calendar, fromMs); fire !== null && fires.length < FIRES; ) {
    fires.push(fire.atMs);
    fire = nextFire(calendar, fire.atMs);
  }
  return fires;
};

const cronerAfter = (zone: string, text: string, fromMs: number): readonly number[] =>
  new Cron(text, { timezone: zone, paused: true }).nextRuns(FIRES, new Date(fromMs)).map((date) => date.getTime());

const isMatch = (spec: FieldsSpec, zone: string, atMs: number): boolean => {
  const localMs = atMs + offsetMs(zone, atMs);
  return spec.nextLocalMs(localMs - 1) === localMs;
};

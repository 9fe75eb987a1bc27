// A scenario: what a workload does, what breaks meanwhile, and what must hold. A YAML file, or one of the library in chaos/scenarios.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { FAULT_MAX_MS, FAULT_NAMES, PARTITION_MODES } from '../core/model/chaos.ts';
import { usageError } from '../core/model/errors.ts';
import { Dice } from './workload/steps.ts';

const LIBRARY = fileURLToPath(new URL('../../chaos/scenarios/', import.meta.url));
const SECONDS_MAX = 1_800;
const PROCESSES_MAX = 20;

const count = (max: number) => z.int().min(0).max(max);
const seconds = z.number().min(0).max(SECONDS_MAX);

const WORKLOAD = z.strictObject({
  workers: count(PROCESSES_MAX).default(2),
  schedulers: count(PROCESSES_MAX).default(0),
  submitters: count(PROCESSES_MAX).default(1),
  holders: count(PROCESSES_MAX).default(0),
  /** Jobs that are submitted in bursts, beside a steady one every half second. */
  jobs: count(100_000).default(100),
  schedules: count(100).default(0),
  orders: count(1_000).default(0),
  locks: count(100).default(1),
  /** Share of jobs that share an idempotency key. */
  keyed: z.number().min(0).max(1).default(0),
  /** Handlers run up to so long. */
  runSeconds: seconds.default(2),
  /** Share of handlers that go on after their signal aborted: those of a zombie. */
  deaf: z.number().min(0).max(1).default(0.2),
  leaseSeconds: z.number().min(1).max(60).default(4),
});

const FAULT = z.strictObject({
  fault: z.enum(FAULT_NAMES),
  /** From the start of the workload. */
  atSeconds: seconds,
  forSeconds: z
    .number()
    .min(0)
    .max(FAULT_MAX_MS / 1_000),
  /** Absent: the seed chooses. */
  target: z.string().optional(),
  offsetSeconds: z.number().optional(),
  mode: z.enum(PARTITION_MODES).optional(),
  share: z.number().min(0).max(1).optional(),
  delayMs: z.number().min(0).optional(),
  kbits: z.number().min(1).optional(),
});
export type ScenarioFault = Readonly<z.infer<typeof FAULT>>;

/** Faults that the seed draws. */
const MIX = z.strictObject({
  faults: z.array(z.enum(FAULT_NAMES)).min(1),
  count: z.int().min(1).max(100),
  /** Each lasts so long at most, and a third of it at least. */
  forSeconds: z
    .number()
    .min(1)
    .max(FAULT_MAX_MS / 1_000),
});

const SCENARIO = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  summary: z.string(),
  workload: WORKLOAD.prefault({}),
  faults: z.array(FAULT).max(200).default([]),
  mix: MIX.optional(),
  /** One after the other: the next waits until the one before is mended, and the cluster whole. */
  inOrder: z.boolean().default(false),
  /** The workload goes on for so long after the last fault. */
  afterSeconds: seconds.default(20),
  /** What this scenario must have the power to show; any other invariant may turn out unknown. */
  invariants: z.array(z.string()).min(1),
  promised: z
    .strictObject({
      /** Longest time without a submission that succeeds. */
      unavailableSeconds: seconds.default(15),
      /** After everything was mended: until clients are served as before, and until nothing is left to do. */
      recoveredSeconds: seconds.default(60),
    })
    .prefault({}),
  allowQuorumLoss: z.boolean().default(false),
});
export type Scenario = Readonly<z.infer<typeof SCENARIO>>;

/** Of all that are drawn: the first begins then, and so much lies between one and the next, s. */
const MIX_FROM_SECONDS = 8;
const MIX_APART_SECONDS = 4;

/** With the faults that the seed draws. */
export const drawMix = (scenario: Scenario, seed: number): Scenario => {
  const { mix, faults } = scenario;
  if (mix === undefined) return scenario;
  const dice = new Dice(seed);
  let atSeconds = MIX_FROM_SECONDS;
  const drawn = Array.from({ length: mix.count }, (): ScenarioFault => {
    const forSeconds = (mix.forSeconds * (1 + 2 * dice.chance())) / 3;
    const fault = { fault: dice.pick(mix.faults), atSeconds, forSeconds, ...drawArgs(dice) };
    atSeconds += forSeconds + MIX_APART_SECONDS;
    return fault;
  });
  return { ...scenario, faults: [...faults, ...drawn] };
};

/** What each kind of fault takes of these, it takes. */
const drawArgs = (dice: Dice): Omit<ScenarioFault, 'fault' | 'atSeconds' | 'forSeconds'> => ({
  mode: dice.pick(PARTITION_MODES),
  share: dice.pick([0.05, 0.1, 0.2]),
  delayMs: dice.whole([20, 400]),
  kbits: dice.whole([128, 4_096]),
  offsetSeconds: dice.pick([-3_600, -60, -2, 2, 60, 3_600]),
});

/** By the name of one in the library, or a file. Throws CHAOS_SCENARIO_INVALID. */
export const loadScenario = async (nameOrFile: string): Promise<Scenario> => {
  const isFile = /\.ya?ml$/.test(nameOrFile) || nameOrFile.includes('/');
  const file = isFile ? nameOrFile : `${LIBRARY}${nameOrFile}.yaml`;
  if (!existsSync(file)) {
    throw usageError('CHAOS_SCENARIO_INVALID', `there is no scenario ${nameOrFile}`, {
      detail: `the library has ${(await libraryNames()).join(', ')}`,
      hint: 'name one of them, or a YAML file',
    });
  }
  return parseScenario(await readFile(file, 'utf8'), file);
};

export const parseScenario = async (text: string, file: string): Promise<Scenario> => {
  const { parse } = await import('yaml');
  try {
    return SCENARIO.parse(parse(text));
  } catch (cause) {
    throw usageError('CHAOS_SCENARIO_INVALID', `cannot read the scenario ${file}`, {
      detail: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
      hint: 'docs/chaos.md describes its fields; `jobctl chaos scenarios` shows the library',
      cause,
    });
  }
};

export const libraryNames = async (): Promise<readonly string[]> =>
  (await readdir(LIBRARY))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.replace('.yaml', ''))
    .toSorted();

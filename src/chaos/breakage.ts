// Everything that one run breaks: each fault is written down with its remedy, made, seen, and mended, whatever comes in between.
import { EXIT, JobctlError } from '../core/model/errors.ts';
import { isoTime } from '../core/model/time.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { ClusterNode, ClusterRuntime } from '../core/ports/cluster.ts';
import { type Act, actText, perform } from './acts.ts';
import type { ActiveRun, Journal } from './journal.ts';

/** Not a fault: the processes of a run. */
const WORKLOAD = 'workload';
/** First and longest pause between two looks: asking the ring costs a second of CPU, ms. */
const LOOK_FIRST_MS = 200;
const LOOK_MS = 3_000;
/** A node that was mended may take so long until the others see it, ms. */
const HEALED_WITHIN_MS = 180_000;

/** What is to be done, all of it known before. */
export interface FaultPlan {
  readonly fault: string;
  readonly target: string;
  /** For people: `kill cassandra-2 (127.0.0.2)`. */
  readonly about: string;
  /** What is left while it lasts. */
  readonly left: string;
  readonly durationMs: number;
  readonly inject: readonly Act[];
  readonly mend: readonly Act[];
  /** Keyspaces of which some rows are left without a quorum. */
  readonly quorumLost: readonly string[];
  /** What shows that it is in effect; null: not yet. Throws CHAOS_NOT_IN_EFFECT. */
  readonly look: () => Promise<string | null>;
  /** What others notice of it; null: nothing yet. */
  readonly lookAround?: () => Promise<string | null>;
  /** What shows that it is over; null: not yet. Absent: that the cluster is whole. */
  readonly lookMended?: () => Promise<string | null>;
}

export interface BreakageDeps {
  readonly cluster: ClusterRuntime;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly report: (text: string) => void;
}

export class Breakage {
  readonly #deps: BreakageDeps;
  #run: ActiveRun;

  private constructor(deps: BreakageDeps, run: ActiveRun) {
    this.#deps = deps;
    this.#run = run;
  }

  /** `watch` mends it when this process is gone; it is called once the run is written down. Throws CHAOS_ACTIVE. */
  static async begin(
    deps: BreakageDeps,
    { run, lastsMs, watch }: { readonly run: string; readonly lastsMs: number; readonly watch: () => void },
  ): Promise<Breakage> {
    const { cluster, journal, clock } = deps;
    const active = { run, cluster: cluster.name, runtime: cluster.kind, untilMs: clock.wallMs() + lastsMs, faults: [] };
    await journal.begin(active);
    watch();
    return new Breakage(deps, active);
  }

  async inject(plan: FaultPlan): Promise<void> {
    const { journal, clock, report } = this.#deps;
    const { fault, target } = plan;
    const entry = { fault, target, startedAt: isoTime(clock.wallMs()), mend: [...plan.mend] };
    await this.#rewrite([...this.#run.faults, entry]);
    report(plan.about);
    const startedMs = clock.monotonicMs();
    for (const act of plan.inject) await this.#do('inject', act);
    this.#run = { ...this.#run, untilMs: this.#run.untilMs + Math.round(clock.monotonicMs() - startedMs) };
    await this.#rewrite(this.#run.faults);
    await journal.note({ did: 'injected', run: this.#run.run, fault, target });
  }

  /** One fault, while others may go on. */
  async mend({ fault, target }: Pick<FaultPlan, 'fault' | 'target'>): Promise<void> {
    const entry = this.#run.faults.find((each) => each.fault === fault && each.target === target);
    if (entry === undefined) return;
    if (fault !== WORKLOAD) this.#deps.report(`mending ${fault} of ${target}`);
    for (const act of entry.mend) await this.#do('mend', act);
    await this.#rewrite(this.#run.faults.filter((each) => each !== entry));
  }

  /** Processes that are to end with the run, whatever becomes of this one. */
  async owns(folder: string): Promise<void> {
    const { run } = this.#run;
    const entry = { fault: WORKLOAD, target: run, startedAt: isoTime(this.#deps.clock.wallMs()) };
    await this.#rewrite([...this.#run.faults, { ...entry, mend: [{ do: 'dismiss', run, folder }] }]);
  }

  /** Mends every fault, the newest first, and waits until every node sees every other. Throws CHAOS_NOT_HEALED. */
  async heal(): Promise<void> {
    await this.#mendAll(this.#run.faults.filter(({ fault }) => fault !== WORKLOAD));
    await this.whole();
  }

  /** Resolves once every node sees every other. Throws CHAOS_NOT_HEALED. */
  whole(): Promise<void> {
    return untilWhole(this.#deps);
  }

  /** Heals, and ends the run. */
  async end(): Promise<void> {
    await this.heal();
    await this.#mendAll(this.#run.faults);
    await this.#deps.journal.end(this.#run.run);
  }

  async #mendAll(faults: ActiveRun['faults']): Promise<void> {
    let failure: unknown = null;
    for (const fault of faults.toReversed()) {
      await this.mend(fault).catch((error: unknown) => {
        failure ??= error; // the others are to be mended all the same
      });
    }
    if (failure !== null) throw failure;
  }

  async #rewrite(faults: ActiveRun['faults']): Promise<void> {
    const next = { ...this.#run, faults };
    await this.#deps.journal.update(next);
    this.#run = next;
  }

  async #do(step: 'inject' | 'mend', act: Act): Promise<void> {
    await this.#deps.journal.note({ did: step, run: this.#run.run, command: actText(act) });
    await perform(act, this.#deps);
  }

  /** Of a run that somebody else left behind. */
  static left(deps: BreakageDeps, run: ActiveRun): Breakage {
    return new Breakage(deps, run);
  }
}

/** Nodes that do not run, or are not seen as up. */
export const illOf = (nodes: readonly ClusterNode[]): readonly ClusterNode[] =>
  nodes.filter(({ process, state }) => process !== 'up' || state !== 'UN');

const untilWhole = async ({ cluster, clock }: BreakageDeps): Promise<void> => {
  const endsMs = clock.monotonicMs() + HEALED_WITHIN_MS;
  for (;;) {
    const nodes = await cluster.status();
    const ill = illOf(nodes);
    if (ill.length === 0) return;
    if (clock.monotonicMs() >= endsMs) throw notHealed(ill);
    // Somebody else may have struck it; a node that fell over the fault starts again.
    if (ill.some(({ process }) => process !== 'up')) await perform({ do: 'up' }, { cluster, clock });
    await clock.sleep(LOOK_MS);
  }
};

export interface FaultOutcome {
  readonly run: string;
  readonly fault: string;
  readonly target: string;
  readonly startedAt: string;
  readonly lastedMs: number;
  /** What showed that it was in effect, and when, ms from its beginning; null: nothing did, in that time. */
  readonly seen: string | null;
  readonly seenMs: number | null;
  /** From the end of the fault until everything was whole and seen so, ms. */
  readonly healedMs: number;
}

export interface FaultRun {
  readonly run: string;
  readonly durationMs: number;
  /** Once the run is written down: processes that are started here end with it. */
  readonly prepare: (breakage: Breakage) => Promise<FaultPlan>;
  readonly watch: () => void;
  /** Ends the fault early: it is mended then. */
  readonly stop: AbortSignal;
}

/** One fault by itself. Throws CHAOS_ACTIVE, CHAOS_NOT_IN_EFFECT, CHAOS_NOT_HEALED. Whatever it throws, it has tried to mend it. */
export const runFault = async (
  deps: BreakageDeps,
  { run, durationMs, prepare, watch, stop }: FaultRun,
): Promise<FaultOutcome> => {
  const { clock, report } = deps;
  const breakage = await Breakage.begin(deps, { run, lastsMs: durationMs, watch });
  let [beganMs, endedMs] = [clock.monotonicMs(), clock.monotonicMs()];
  let startedAt = '';
  let seen: Seen | null = null;
  let plan: FaultPlan | null = null;
  try {
    plan = await prepare(breakage);
    startedAt = isoTime(clock.wallMs());
    await breakage.inject(plan);
    beganMs = clock.monotonicMs(); // some take a minute to make
    for (const look of [plan.look, plan.lookAround]) {
      const found = look === undefined ? null : await untilSeen(clock, { ...plan, look }, beganMs, stop);
      if (found !== null) report(`${found.what}, after ${secondsText(found.afterMs)}`);
      seen = found ?? seen;
    }
    await clock.sleep(Math.max(0, beganMs + plan.durationMs - clock.monotonicMs()), stop);
    endedMs = clock.monotonicMs();
    await breakage.mend(plan);
    if (plan.lookMended !== undefined) report(await untilMended(clock, plan.lookMended));
  } finally {
    await breakage.end();
  }
  const { fault, target } = plan;
  const healedMs = Math.round(clock.monotonicMs() - endedMs);
  report(`everything is whole, and seen so, ${secondsText(healedMs)} after the end`);
  const lastedMs = Math.round(endedMs - beganMs);
  return { run, fault, target, startedAt, lastedMs, seen: seen?.what ?? null, seenMs: seen?.afterMs ?? null, healedMs };
};

interface Seen {
  readonly what: string;
  readonly afterMs: number;
}

/** Null: not before its end. */
export const untilSeen = async (
  clock: Clock,
  { look, durationMs }: Pick<FaultPlan, 'look' | 'durationMs'>,
  beganMs: number,
  stop: AbortSignal,
): Promise<Seen | null> => {
  let pauseMs = LOOK_FIRST_MS;
  do {
    const what = await look();
    if (what !== null) return { what, afterMs: Math.round(clock.monotonicMs() - beganMs) };
    await clock.sleep(Math.min(pauseMs, Math.max(0, beganMs + durationMs - clock.monotonicMs())), stop);
    pauseMs = Math.min(2 * pauseMs, LOOK_MS);
  } while (!stop.aborted && clock.monotonicMs() < beganMs + durationMs);
  return null;
};

const untilMended = async (clock: Clock, look: () => Promise<string | null>): Promise<string> => {
  const endsMs = clock.monotonicMs() + HEALED_WITHIN_MS;
  for (;;) {
    const what = await look();
    if (what !== null) return what;
    if (clock.monotonicMs() >= endsMs) throw notHealed([]);
    await clock.sleep(LOOK_MS);
  }
};

export const secondsText = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const stateText = (nodes: readonly ClusterNode[]): string =>
  nodes.map(({ name, process, state }) => `${name}: ${process}, ${state ?? 'nobody says how it is'}`).join('\n');

export const notSteady = (ill: readonly ClusterNode[]): JobctlError =>
  new JobctlError('CHAOS_NOT_STEADY', EXIT.unavailable, 'the cluster is not whole: nothing was done to it', {
    detail: stateText(ill),
    hint: 'mend it first: jobctl chaos heal, or jobctl cluster up',
  });

const notHealed = (ill: readonly ClusterNode[]): JobctlError =>
  new JobctlError('CHAOS_NOT_HEALED', EXIT.failed, 'not everything is whole again', {
    detail: stateText(ill),
    hint: 'try again: jobctl chaos heal; what a node says: jobctl cluster logs NAME',
  });

export const notInEffect = (what: string): JobctlError =>
  new JobctlError('CHAOS_NOT_IN_EFFECT', EXIT.checkFailed, what, {
    hint: 'does something start it anew? see `jobctl cluster status`, `jobctl worker list`',
  });

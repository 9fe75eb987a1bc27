// Carries out a scenario on a real cluster: starts the processes of the workload, breaks things while they work, mends them, waits
// until everything is at rest, and leaves the history in a folder.
import { readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobId, Random } from '../../core/model/ids.ts';
import type { Store } from '../../core/ports/store.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { Breakage, type BreakageDeps } from '../breakage.ts';
import { Cast } from '../cast.ts';
import type { FaultScene } from '../faults/scene.ts';
import { FileRecorder, readEntries } from '../history/file.ts';
import type { Scenario } from '../scenario.ts';
import type { ActorPlan } from '../workload/actor.ts';
import { EFFECTS_VARIABLE, type EffectServer, serveEffects } from '../workload/effects.ts';
import { CLOCK_STEP_UNSEEN_MAX_MS, names } from '../workload/steps.ts';
import { assertServes } from './canary.ts';
import { playFaults } from './nemesis.ts';
import { Onlooker } from './onlooker.ts';
import { mergeHistory, prepareFolder, type RunRecord, runFiles } from './record.ts';
import { workloadSteps } from './workload.ts';

/** From the source, or from the build. */
const HANDLERS = fileURLToPath(new URL(`../workload/handlers${extname(import.meta.url)}`, import.meta.url));
/** Actors have so long from being started until the run begins, ms. */
const STARTING_MS = 3_000;
const ACTORS_END_WITHIN_MS = 45_000;
const WORKERS_END_WITHIN_MS = 45_000;
/** Beyond the time of the scenario: starting, resting, mending, ms. */
const BESIDES_MS = 600_000;

export interface RunDeps extends BreakageDeps {
  readonly random: Random;
  /** On `url`, and empty; nobody else works there. */
  readonly store: Store;
  readonly url: string;
  readonly program: readonly string[];
  readonly folders: FaultScene['folders'];
  /** What may be broken now. */
  readonly scene: () => Promise<FaultScene>;
  readonly watch: () => void;
  /** Ends it early: without a verdict, everything mended. */
  readonly stop: AbortSignal;
  readonly argv: readonly string[];
  readonly version: string;
}

export interface RunRequest {
  readonly run: string;
  readonly scenario: Scenario;
  readonly seed: number;
  /** Where the history goes. */
  readonly out: string;
}

/** How long the workload goes on at least, ms: mending may take longer. */
export const workloadMs = ({ faults, afterSeconds }: Scenario): number =>
  1_000 * (Math.max(10, ...faults.map(({ atSeconds, forSeconds }) => atSeconds + forSeconds)) + afterSeconds);

/** False: it was stopped, and there is nothing to judge. Throws CHAOS_NOT_STEADY, CHAOS_NOT_HEALED, and what faults throw. */
export const conduct = async (deps: RunDeps, request: RunRequest): Promise<boolean> => {
  await prepareFolder(request.out);
  const lastsMs = workloadMs(request.scenario) + BESIDES_MS;
  const breakage = await Breakage.begin(deps, { run: request.run, lastsMs, watch: deps.watch });
  try {
    await breakage.owns(deps.folders.members);
    return await new Conductor(deps, request, breakage).run();
  } finally {
    await breakage.end();
  }
};

class Conductor {
  readonly #deps: RunDeps;
  readonly #request: RunRequest;
  readonly #breakage: Breakage;
  readonly #recorder: FileRecorder;
  readonly #cast: Cast;

  constructor(deps: RunDeps, request: RunRequest, breakage: Breakage) {
    this.#deps = deps;
    this.#request = request;
    this.#breakage = breakage;
    const { program, folders, clock } = deps;
    const { processes } = runFiles(request.out);
    this.#recorder = new FileRecorder(join(processes, 'conductor.jsonl'), machineMs);
    this.#cast = new Cast({ program, run: request.run, membersFolder: folders.members, clock });
  }

  async run(): Promise<boolean> {
    const { scenario, out } = this.#request;
    const { report, clock, store, stop } = this.#deps;
    await using effects = await serveEffects(this.#recorder);
    const servers = await this.#startServers(effects);
    await assertServes({ ...this.#deps, recorder: this.#recorder, workers: scenario.workload.workers });
    const plan = await this.#writePlan(effects);
    const actors = await this.#startActors();
    const endsMs = plan.startMs + workloadMs(scenario);
    const afterMs = scenario.afterSeconds * 1_000;
    report('the workload begins');
    await playFaults(
      { ...this.#deps, breakage: this.#breakage, recorder: this.#recorder, stop },
      this.#request,
      plan.startMs,
    );
    await this.#breakage.heal();
    this.#recorder.note('nemesis', 'healed', null);
    const leftMs = Math.max(endsMs - machineMs(), afterMs);
    if (!stop.aborted) report(`everything is mended; the workload goes on for ${Math.round(leftMs / 1_000)} s`);
    await clock.sleep(leftMs, stop);
    await this.#end(actors, ACTORS_END_WITHIN_MS);
    if (stop.aborted) return false;
    report('the workload has ended; waiting until everything is at rest');
    const onlooker = new Onlooker(store, this.#recorder, clock);
    const withinMs = scenario.promised.recoveredSeconds * 1_000;
    if (scenario.workload.schedules > 0) await onlooker.untilAccounted(withinMs);
    await onlooker.untilOver(await this.#submitted(), withinMs);
    await this.#end(servers, WORKERS_END_WITHIN_MS);
    this.#recorder.close();
    await this.#writeRecord(plan, await mergeHistory(out, plan.startMs));
    return true;
  }

  /** Workers and schedulers. */
  async #startServers(effects: EffectServer): Promise<readonly string[]> {
    const { workload } = this.#request.scenario;
    const { url, report } = this.#deps;
    const lease = ['--lease', `${workload.leaseSeconds * 1_000}ms`, '--log-format', 'json', '--store', url];
    const handlers = ['--handlers', HANDLERS, '--types', 'do', '--drain', '20s'];
    const workers = names('w', workload.workers).map((id) => ({
      role: 'worker' as const,
      id,
      argv: ['worker', '--id', id, ...lease, ...handlers],
    }));
    const schedulers = names('c', workload.schedulers).map((id) => ({
      role: 'scheduler' as const,
      id,
      argv: ['scheduler', '--id', id, '--no-api', ...lease],
    }));
    report(`starting ${workers.length} workers and ${schedulers.length} schedulers`);
    const env = { [EFFECTS_VARIABLE]: effects.url };
    await Promise.all(
      [...workers, ...schedulers].map((part) => this.#cast.start({ ...part, ...this.#files(part.id, env) })),
    );
    return [...workers, ...schedulers].map(({ id }) => id);
  }

  async #startActors(): Promise<readonly string[]> {
    const { scenario, out } = this.#request;
    const { url } = this.#deps;
    const { submitters, holders } = scenario.workload;
    const actor = (part: string) => (id: string) => ({
      role: 'actor' as const,
      id,
      argv: ['chaos', 'actor', '--part', part, '--id', id, '--plan', runFiles(out).plan, '--store', url],
    });
    const parts = [...names('s', submitters).map(actor('submitter')), ...names('h', holders).map(actor('holder'))];
    await Promise.all(parts.map((part) => this.#cast.start({ ...part, ...this.#files(part.id, {}) })));
    return parts.map(({ id }) => id);
  }

  async #end(ids: readonly string[], withinMs: number): Promise<void> {
    for (const id of await this.#cast.end(ids, withinMs)) {
      this.#recorder.note(id, 'surprise', `it did not end within ${withinMs} ms of being told to`);
    }
  }

  #files(id: string, env: Readonly<Record<string, string>>) {
    const { processes, logs } = runFiles(this.#request.out);
    return { log: join(logs, `${id}.log`), env: { ...env, JOBCTL_HISTORY: join(processes, `${id}.jsonl`) } };
  }

  async #writePlan({ url }: EffectServer): Promise<ActorPlan> {
    const { scenario, seed, out } = this.#request;
    const { leaseSeconds, locks } = scenario.workload;
    const startMs = machineMs() + STARTING_MS;
    const plan: ActorPlan = {
      ...{ seed, startMs, startWallMs: this.#deps.clock.wallMs() + STARTING_MS, effectsUrl: url },
      steps: workloadSteps(scenario, seed, workloadMs(scenario)),
      lockNames: names('user/', locks),
      leaseMs: leaseSeconds * 1_000,
    };
    await writeFile(runFiles(out).plan, JSON.stringify(plan));
    return plan;
  }

  /** What clients were told. */
  async #submitted(): Promise<readonly JobId[]> {
    const { scenario, out } = this.#request;
    const files = [...names('s', scenario.workload.submitters), 'conductor'];
    const entries = await readEntries(files.map((name) => join(runFiles(out).processes, `${name}.jsonl`)));
    const told = entries.filter(({ f, type }) => f === 'submit' && type === 'ok');
    return [...new Set(told.map(({ value }) => (value as { readonly id: JobId }).id))];
  }

  async #writeRecord({ startWallMs }: ActorPlan, history: Pick<RunRecord, 'operations' | 'sha256'>): Promise<void> {
    const { run, scenario, seed, out } = this.#request;
    const { cluster, argv, version } = this.#deps;
    const record: RunRecord = {
      ...{ version: 1, run, scenario, seed, startWallMs, argv, jobctl: version, node: process.version },
      cluster: { runtime: cluster.kind, nodes: (await cluster.status()).length, cassandra: await this.#cassandra() },
      skewMs: skewOf(scenario),
      commands: await this.#commands(startWallMs),
      ...history,
    };
    await writeFile(runFiles(out).record, `${JSON.stringify(record, null, 2)}\n`);
  }

  async #cassandra(): Promise<string> {
    for await (const { rows } of this.#deps.cluster.cql({ statements: 'SELECT release_version FROM system.local' })) {
      return String(rows[0]?.release_version ?? '');
    }
    return '';
  }

  /** From the audit log. */
  async #commands(startWallMs: number): Promise<RunRecord['commands']> {
    const lines = (await readFile(join(this.#deps.folders.chaos, 'audit.jsonl'), 'utf8')).split('\n').filter(Boolean);
    return lines
      .map((line) => JSON.parse(line) as { at: string; run?: string; did: string; command?: string })
      .filter(({ run, command }) => run === this.#request.run && command !== undefined)
      .map(({ at, did, command = '' }) => ({ atMs: Date.parse(at) - startWallMs, step: did, command }));
  }
}

/** A clock that is set by more is noticed at once. */
const skewOf = ({ faults }: Scenario): number =>
  Math.max(
    0,
    ...faults
      .map(({ offsetSeconds = 0 }) => Math.abs(offsetSeconds) * 1_000)
      .filter((ms) => ms <= CLOCK_STEP_UNSEEN_MAX_MS),
  );

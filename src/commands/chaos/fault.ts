// jobctl chaos kill-node, pause-worker ...: something is broken for a while, watched, and mended.
import type { FaultOutcome, FaultPlan } from '../../chaos/breakage.ts';
import type { FaultRequest, FaultScene } from '../../chaos/faults/scene.ts';
import type { MemberRole } from '../../chaos/members.ts';
import { parseDuration } from '../../config/parse/duration.ts';
import { parseText, wholeNumber } from '../../config/parse/values.ts';
import { FAULT_DEFAULT_MS, FAULT_MAX_MS, type FaultArgs, type FaultName } from '../../core/model/chaos.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import type { ClusterRuntime } from '../../core/ports/cluster.ts';
import { openCluster, SELECTION } from '../cluster/options.ts';
import { type Command, defineCommand, flag, type Options, option, type Values } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import type { ResultView } from '../output/out.ts';
import { chaosStore, journalOf, ofTheRun, program, sceneOf, stoppedExit, watcherOf } from './scene.ts';

export const SEED_MAX = 2 ** 32 - 1;

const faultDuration = (text: string): number => {
  const durationMs = parseDuration(text);
  if (durationMs > 0 && durationMs <= FAULT_MAX_MS) return durationMs;
  throw usageError('OPTION_INVALID', `a fault lasts from 1ms to ${FAULT_MAX_MS / 60_000}m, not ${text.trim()}`, {
    hint: 'as in --duration 30s',
  });
};

const OPTIONS = {
  ...SELECTION,
  target: option('<name>', 'what is broken (default: one that follows from --seed)', parseText),
  duration: option('<duration>', `how long (default ${FAULT_DEFAULT_MS / 1_000}s, at most 10m)`, faultDuration),
  seed: option('<n>', 'chooses the target; printed, so that it can be chosen again', wholeNumber(0, SEED_MAX)),
  allowQuorumLoss: flag('also when some rows are left without a quorum'),
};

const RESULT: ResultView<FaultOutcome> = {
  name: ({ fault, target }) => `${fault}/${target}`,
  text: ({ fault, target, lastedMs, seen, seenMs, healedMs }) =>
    [
      `${fault} ${target}: ${lastedMs / 1_000} s`,
      `  ${seen === null ? 'nothing was seen of it' : `${seen}, after ${(seenMs ?? 0) / 1_000} s`}`,
      `  mended, and everything seen to be whole, ${healedMs / 1_000} s after the end`,
    ].join('\n'),
};

export interface FaultCommand<Given extends Options> {
  readonly fault: FaultName;
  readonly summary: string;
  readonly details: string;
  /** Whose target it is; a worker or a scheduler is started for it where none runs. */
  readonly on: 'node' | MemberRole;
  readonly options?: Given;
  readonly args?: (options: Values<Given>) => FaultArgs;
  /** Further flags of an example. */
  readonly example?: string;
}

export const faultCommand = <const Given extends Options>(about: FaultCommand<Given>): Command => {
  const { fault, summary, details, on, options: further, args = () => ({}), example = '' } = about;
  const target = on === 'node' ? 'cassandra-2' : 'w1';
  return defineCommand({
    name: `chaos ${fault}`,
    changes: 'with-plan',
    summary,
    details: `${details} For clusters of \`jobctl cluster\` only. Looks first whether the cluster is whole, and does nothing otherwise; writes down what it does
before it does it; mends it at the end, at Ctrl-C, and, by a process of its own, when this one is gone. Exit 5: it was not whole before; 1: it is not whole again; 130: Ctrl-C came, and it is mended.`,
    options: { ...OPTIONS, ...further },
    examples: [
      { does: `any ${on}, half a minute`, line: `jobctl chaos ${fault} --yes` },
      {
        does: 'what would be done',
        line: `jobctl chaos ${fault} --target ${target} --duration 1m ${example} --dry-run`.replaceAll('  ', ' '),
      },
    ],
    run: (context, _args, options) =>
      breakFor(context, about.on, {
        ...(options as Values<typeof OPTIONS>),
        fault,
        args: args(options as Values<Given>),
      }),
  });
};

type Chosen = Values<typeof OPTIONS> & { readonly fault: FaultName; readonly args: FaultArgs };

const breakFor = async (context: Context, on: 'node' | MemberRole, chosen: Chosen): Promise<number> => {
  const { fault, args, target, duration = FAULT_DEFAULT_MS, seed = context.random.uint32() } = chosen;
  const { planFault, assertQuorum, assertSteady } = await import('../../chaos/faults/plan.ts');
  const { runFault } = await import('../../chaos/breakage.ts');
  const cluster = await openCluster(context, chosen);
  const journal = await journalOf(context);
  const { clock } = context;
  const run = `${fault}-${seed}-${clock.wallMs()}`;
  const request: FaultRequest = { fault, target, seed, durationMs: duration, args };
  const scene = await sceneOf(context, cluster, run);
  assertSteady(scene);
  const isAlone = on !== 'node' && target === undefined && !scene.members.some(({ role }) => role === on);
  const plan = isAlone ? null : await planFault(scene, request);
  if (plan !== null && chosen.allowQuorumLoss !== true) assertQuorum(plan);
  const commands = await commandsOf(plan);
  const what = plan === null ? standInText(on, fault, duration) : planText(plan, commands, seed);
  if (context.flags.dryRun) {
    const { about = what, left = '', quorumLost = [] } = plan ?? {};
    const view = {
      ...{ fault, target: plan?.target ?? null, durationMs: duration, seed, about, left, quorumLost },
      ...{ inject: commands.inject, mend: commands.mend },
    };
    context.out.result(view, { name: () => `${fault}/${plan?.target ?? on}`, text: () => what });
    return EXIT.ok;
  }
  context.note(what);
  const name = plan === null ? on : `${on}/${plan.target}`;
  if (!(await confirm(context, `${fault} ${plan?.target ?? 'a stand-in'}?`, [name]))) return EXIT.ok;
  const { stop } = context.shutdown();
  const outcome = await runFault(
    { cluster, journal, clock, report: (text) => context.note(text) },
    {
      ...{ run, durationMs: duration, stop },
      prepare: async (breakage) => {
        if (plan !== null) return plan;
        await breakage.owns(scene.folders.members);
        await startStandIn(context, cluster, scene, on as MemberRole);
        return planFault(ofTheRun(await sceneOf(context, cluster, run)), request);
      },
      watch: await watcherOf(cluster),
    },
  );
  context.out.result(outcome, RESULT);
  return stop.aborted ? stoppedExit(stop) : EXIT.ok;
};

const startStandIn = async (context: Context, cluster: ClusterRuntime, scene: FaultScene, role: MemberRole) => {
  const { Cast } = await import('../../chaos/cast.ts');
  const url = await chaosStore(context, cluster);
  const { folders, run } = scene;
  const cast = new Cast({ program: program(), run, membersFolder: folders.members, clock: context.clock });
  const id = 'stand-in';
  const argv = [role, '--id', id, '--store', url, ...(role === 'scheduler' ? ['--no-api'] : [])];
  const { pid } = await cast.start({ role, id, argv, log: `${folders.chaos}/${run}.log` });
  context.note(`${role} ${id} (pid ${pid}) works on ${url}`);
};

const standInText = (on: string, fault: FaultName, durationMs: number): string =>
  `no ${on} runs on this machine: one is started for it, in a keyspace of its own, and suffers ${fault} for ${durationMs / 1_000} s`;

const planText = ({ about, left, durationMs }: FaultPlan, { inject, mend }: Commands, seed: number): string =>
  [
    `${about}${durationMs > 0 ? `, for ${durationMs / 1_000} s` : ''}; seed ${seed}`,
    `  meanwhile ${left}`,
    ...inject.map((line) => `  $ ${line}`),
    ...mend.map((line) => `  then $ ${line}`),
  ].join('\n');

/** What is typed to do it, and to mend it. */
interface Commands {
  readonly inject: readonly string[];
  readonly mend: readonly string[];
}

const commandsOf = async (plan: FaultPlan | null): Promise<Commands> => {
  const { actText } = await import('../../chaos/acts.ts');
  return { inject: (plan?.inject ?? []).map(actText), mend: (plan?.mend ?? []).map(actText) };
};

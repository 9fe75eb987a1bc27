// jobctl chaos kill-node, stop-node and pause-node: a node of a disposable cluster is broken for a while, watched, and mended.
import type { FaultOutcome, NodePlan } from '../../chaos/node-fault.ts';
import { parseDuration } from '../../config/parse/duration.ts';
import { parseText, wholeNumber } from '../../config/parse/values.ts';
import { FAULT_DEFAULT_MS, FAULT_MAX_MS, type NodeBlow } from '../../core/model/chaos.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { openCluster, SELECTION } from '../cluster/options.ts';
import { type Command, defineCommand, flag, option } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { ResultView } from '../output/out.ts';
import { journalOf } from './heal.ts';

const SEED_MAX = 2 ** 32 - 1;

const faultDuration = (text: string): number => {
  const durationMs = parseDuration(text);
  if (durationMs > 0 && durationMs <= FAULT_MAX_MS) return durationMs;
  throw usageError('OPTION_INVALID', `a fault lasts from 1ms to ${FAULT_MAX_MS / 60_000}m, not ${text.trim()}`, {
    hint: 'as in --duration 30s',
  });
};

const OPTIONS = {
  ...SELECTION,
  target: option('<node>', 'which node (default: one that follows from --seed)', parseText),
  duration: option('<duration>', `how long (default ${FAULT_DEFAULT_MS / 1_000}s, at most 10m)`, faultDuration),
  seed: option('<n>', 'chooses the node; printed, so that it can be chosen again', wholeNumber(0, SEED_MAX)),
  allowQuorumLoss: flag('also when some rows are left without a quorum'),
  dryRun: flag('say what would be done, and do nothing'),
};

const RESULT: ResultView<FaultOutcome> = {
  name: ({ target }) => `node/${target}`,
  text: ({ fault, target, lastedMs, seenDownMs, healedMs }) =>
    [
      `${fault} ${target}: ${lastedMs / 1_000} s`,
      `  ${seenDownMs === null ? 'the others never saw it as down' : `seen as down after ${seenDownMs / 1_000} s`}`,
      `  mended, and all nodes seen as up, ${healedMs / 1_000} s after the end`,
    ].join('\n'),
};

interface About {
  readonly summary: string;
  readonly details: string;
}

const nodeFault = (blow: NodeBlow, { summary, details }: About): Command =>
  defineCommand({
    name: `chaos ${blow}-node`,
    summary,
    details: `${details} For clusters of \`jobctl cluster\` only. Looks first whether the cluster is whole, and does nothing otherwise; writes down what it does
before it does it; mends it at the end, at Ctrl-C, and, by a process of its own, when this one is gone. Exit 6: it is not whole again; 130: Ctrl-C came, and it is mended.`,
    options: OPTIONS,
    examples: [
      { does: 'any node, half a minute', line: `jobctl chaos ${blow}-node --yes` },
      { does: 'what would be done', line: `jobctl chaos ${blow}-node --target cassandra-2 --duration 1m --dry-run` },
    ],
    async run(context, _args, options) {
      const { assertQuorum, planNodeFault, runNodeFault } = await import('../../chaos/node-fault.ts');
      const { target, duration = FAULT_DEFAULT_MS, seed = context.random.uint32(), allowQuorumLoss, dryRun } = options;
      const cluster = await openCluster(context, options);
      const journal = await journalOf(context);
      const plan = await planNodeFault(cluster, { blow, node: target, seed, durationMs: duration });
      if (allowQuorumLoss !== true) assertQuorum(plan);
      const what = planText(plan, cluster.name, seed);
      if (dryRun === true) {
        context.out.result(planView(plan, seed), { name: ({ node }) => `node/${node}`, text: () => what });
        return EXIT.ok;
      }
      context.note(what);
      if (!(await confirm(context, `${blow} ${plan.target.name}?`, [`node/${plan.target.name}`]))) return EXIT.ok;
      const { startWatchdog } = await import('../../chaos/watchdog.ts');
      const { clock } = context;
      const { stop } = context.shutdown();
      const outcome = await runNodeFault(
        {
          ...{ cluster, journal, clock, stop },
          report: (text) => context.note(text),
          watch: () => startWatchdog(['chaos', 'heal', '--watch', '--name', cluster.name, '--runtime', cluster.kind]),
        },
        plan,
        `${blow}-${seed}-${clock.wallMs()}`,
      );
      context.out.result(outcome, RESULT);
      if (!stop.aborted) return EXIT.ok;
      return stop.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
    },
  });

const planText = ({ blow, target, nodes, durationMs, quorumLost }: NodePlan, name: string, seed: number): string => {
  const left = nodes.length - 1;
  const quorum =
    quorumLost.length === 0 ? 'every row keeps a quorum' : `no quorum for some rows of ${quorumLost.join(', ')}`;
  return `${blow} ${target.name} (${target.address}) of cluster ${name} for ${durationMs / 1_000} s: ${left} of ${nodes.length} nodes stay, ${quorum}; seed ${seed}`;
};

const planView = ({ blow, target, nodes, durationMs, quorumLost }: NodePlan, seed: number) => ({
  ...{ fault: `${blow}-node`, node: target.name, pid: target.pid, container: target.container },
  ...{ durationMs, nodesLeft: nodes.length - 1, quorumLost, seed },
});

export const chaosKillNode = nodeFault('kill', {
  summary: 'kill a node as a crash does, and start it again',
  details: 'SIGKILL: what it had not written is lost, its connections break at once.',
});
export const chaosStopNode = nodeFault('stop', {
  summary: 'stop a node as for maintenance, and start it again',
  details: 'SIGTERM: it tells the others and drains first.',
});
export const chaosPauseNode = nodeFault('pause', {
  summary: 'freeze a node, and let it go on',
  details: 'SIGSTOP: it holds its connections and answers nothing, as in a long pause for garbage.',
});

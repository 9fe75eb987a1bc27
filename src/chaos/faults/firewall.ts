// Rules of the firewall that come and go with a fault: a chain of its own, which one command empties and removes. Nodes in
// containers have a network of their own; those that are processes are told apart by their control groups.
import { execa } from 'execa';
import { CQL_PORT } from '../../core/model/cluster.ts';
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import { hashText } from '../../core/model/hash.ts';
import type { ClusterNode } from '../../core/ports/cluster.ts';
import { ownGroupOf } from '../../platform/control-group.ts';
import type { Act } from '../acts.ts';

const PROBE_TIMEOUT_MS = 5_000;

export interface NodeNet {
  readonly name: string;
  /** What comes before a command that is to run in its network: nothing, or nsenter. */
  readonly enter: readonly string[];
  readonly address: string;
  /** Matches what it sends. Of a container everything is. */
  readonly sent: readonly string[];
  /** Matches what is sent to it. */
  readonly received: readonly string[];
  /** The port under which clients reach it in its network. */
  readonly cqlPort: number;
}

/** Throws CHAOS_UNAVAILABLE for a node that cannot be told from others. */
export const netOf = async ({ name, pid, container, ringAddress, port }: ClusterNode): Promise<NodeNet> => {
  const address = ringAddress ?? '';
  if (container !== null) {
    return { name, enter: ['nsenter', '-t', String(pid), '-n'], address, sent: [], received: [], cqlPort: CQL_PORT };
  }
  const group = pid === null ? null : await ownGroupOf(pid);
  if (group === null) {
    throw new JobctlError(
      'CHAOS_UNAVAILABLE',
      EXIT.unknown,
      `what ${name} sends cannot be told from what others send`,
      {
        detail: 'it was started without a control group of its own: not by root, or by an older jobctl',
        hint: `start it anew: jobctl chaos restart-node --target ${name}`,
      },
    );
  }
  const sent = ['-m', 'cgroup', '--path', group];
  return { name, enter: [], address, sent, received: ['-d', address], cqlPort: port };
};

export interface Rule {
  readonly in: NodeNet;
  readonly table?: 'nat';
  readonly hook: 'INPUT' | 'OUTPUT' | 'PREROUTING';
  readonly match: readonly string[];
  readonly jump: readonly string[];
}

/** 28 characters at most. */
export const chainOf = (run: string, fault: string, target: string): string =>
  `JOBCTL-${hashText(`${run}/${fault}/${target}`).toString(36)}`;

/** A chain in each network that the rules are in. */
export const firewallActs = (
  chain: string,
  rules: readonly Rule[],
): { readonly inject: readonly Act[]; readonly mend: readonly Act[] } => {
  const places = onePerPlace(rules);
  const hooks = onePer(rules, (rule) => `${placeOf(rule)} ${rule.hook}`);
  return {
    inject: [
      ...places.map((rule) => run(rule, ['-N', chain])),
      ...rules.map((rule) => run(rule, ['-A', chain, ...rule.match, '-j', ...rule.jump])),
      ...hooks.map((rule) => run(rule, ['-I', rule.hook, '-j', chain])),
    ],
    mend: [
      ...hooks.map((rule) => attempt(rule, ['-D', rule.hook, '-j', chain])),
      ...places.flatMap((rule) => [attempt(rule, ['-F', chain]), attempt(rule, ['-X', chain])]),
    ],
  };
};

/** A table in a network: a chain is made once in each. */
const placeOf = ({ in: { enter }, table }: Rule): string => [...enter, table ?? 'filter'].join(' ');
const onePer = (rules: readonly Rule[], keyOf: (rule: Rule) => string): readonly Rule[] => [
  ...new Map(rules.map((rule) => [keyOf(rule), rule])).values(),
];
const onePerPlace = (rules: readonly Rule[]): readonly Rule[] => onePer(rules, placeOf);
const command = (rule: Rule, args: readonly string[]): string[] => [
  ...[...rule.in.enter, 'iptables', '-w', '5'],
  ...(rule.table === undefined ? [] : ['-t', rule.table]),
  ...args,
];
const run = (rule: Rule, args: readonly string[]): Act => ({ do: 'run', argv: command(rule, args) });
const attempt = (rule: Rule, args: readonly string[]): Act => ({ do: 'try', argv: command(rule, args) });

/** Packets that rules of the chain have met; null: there is no such chain. */
export const packetsMet = async (chain: string, rules: readonly Rule[]): Promise<number | null> => {
  let met: number | null = null;
  for (const rule of onePerPlace(rules)) {
    const [file = '', ...args] = command(rule, ['-nvxL', chain]);
    const ran = await execa(file, args, { reject: false, timeout: PROBE_TIMEOUT_MS });
    if (ran.exitCode !== 0) continue;
    const counts = ran.stdout
      .split('\n')
      .slice(2)
      .map((line) => Number(line.trim().split(/\s+/)[0]) || 0);
    met = (met ?? 0) + counts.reduce((sum, count) => sum + count, 0);
  }
  return met;
};

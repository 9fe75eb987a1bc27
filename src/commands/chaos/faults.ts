// The faults, as commands.
import { parseDuration, parseOffset } from '../../config/parse/duration.ts';
import { oneOf, parseShare, wholeNumber } from '../../config/parse/values.ts';
import { PARTITION_MODES } from '../../core/model/chaos.ts';
import type { Command } from '../command.ts';
import { option } from '../command.ts';
import { faultCommand } from './fault.ts';

/** Ten gigabits a second. */
const KBITS_MAX = 10_000_000;

export const FAULT_COMMANDS: readonly Command[] = [
  faultCommand({
    fault: 'kill-node',
    on: 'node',
    summary: 'kill a node as a crash does, and start it again',
    details: 'SIGKILL: what it had not written is lost, its connections break at once.',
  }),
  faultCommand({
    fault: 'stop-node',
    on: 'node',
    summary: 'stop a node as for maintenance, and start it again',
    details: 'SIGTERM: it tells the others and drains first.',
  }),
  faultCommand({
    fault: 'pause-node',
    on: 'node',
    summary: 'freeze a node, and let it go on',
    details: 'SIGSTOP: it holds its connections and answers nothing, as in a long pause for garbage.',
  }),
  faultCommand({
    fault: 'restart-node',
    on: 'node',
    summary: 'stop a node, and start it again at once',
    details: 'As an upgrade does, one node. How long it is away is up to the node: --duration says nothing here.',
  }),
  faultCommand({
    fault: 'partition',
    on: 'node',
    summary: 'cut nodes off from each other, or from their clients',
    details: `one: the target from everybody. internode: from the other nodes only, so that clients reach a node without a quorum. one-way: it hears
the others and they do not hear it. halves: two groups. bridge: two groups, and one node that reaches both. ring: everybody hears another majority (of three nodes none gets an answer: it
needs --allow-quorum-loss). clients: no client
reaches the target. Packets are dropped, as by a broken cable: nothing is refused.`,
    options: {
      mode: option('<mode>', `${PARTITION_MODES.join('|')} (default one)`, oneOf(PARTITION_MODES)),
    },
    args: ({ mode }) => ({ mode }),
    example: '--mode halves',
  }),
  faultCommand({
    fault: 'loss',
    on: 'node',
    summary: 'lose some of the packets of a node, in and out',
    details: 'The kernel drops them by dice, so that TCP sends them again: late, not lost, for whoever waits.',
    options: { share: option('<share>', 'as 10% (default 10%)', parseShare) },
    args: ({ share }) => ({ share }),
    example: '--share 30%',
  }),
  faultCommand({
    fault: 'reset',
    on: 'node',
    summary: 'reset every connection to a node, and refuse new ones',
    details: 'It fails at once, where a partition lets everybody wait.',
  }),
  faultCommand({
    fault: 'delay',
    on: 'node',
    summary: 'make everything that is sent to a node, and its answers, late',
    details: 'By a proxy, into which the firewall leads all connections to it; those that exist are reset once.',
    options: { delay: option('<duration>', 'in each direction (default 100ms)', parseDuration) },
    args: ({ delay }) => ({ delayMs: delay }),
    example: '--delay 250ms',
  }),
  faultCommand({
    fault: 'bandwidth',
    on: 'node',
    summary: 'let little through to a node and back',
    details: 'By a proxy, as `delay`; each connection has the rate for itself.',
    options: { kbits: option('<n>', 'kilobits a second, in each direction (default 1000)', wholeNumber(1, KBITS_MAX)) },
    args: ({ kbits }) => ({ kbits }),
    example: '--kbits 256',
  }),
  faultCommand({
    fault: 'cpu',
    on: 'node',
    summary: 'leave a node little processor time',
    details: 'It is stopped and goes on ten times a second, as on a machine that others use.',
    options: { share: option('<share>', 'what it is left, as 10% (default 10%)', parseShare) },
    args: ({ share }) => ({ share }),
    example: '--share 30%',
  }),
  faultCommand({
    fault: 'memory',
    on: 'node',
    summary: 'leave a node no memory',
    details:
      'What it asks for beyond a few megabytes ends it: the kernel kills it, and it is started again at the end.',
  }),
  faultCommand({
    fault: 'disk-full',
    on: 'node',
    summary: 'fill the disk of a node to the last byte',
    details: `Nodes that are processes only. The node is stopped, its data copied to a small disk in memory, and started; then that is filled. At the end the
file that fills it is deleted, the node stopped, its data copied back, and started. The disk of this machine is never filled.`,
  }),
  faultCommand({
    fault: 'kill-worker',
    on: 'worker',
    summary: 'kill a worker of this machine, and start it again as it was',
    details:
      'SIGKILL: what it ran is lost, and runs again elsewhere after its lease. Afterwards it runs in the background; its log is beside its entry in the folder of members.',
  }),
  faultCommand({
    fault: 'pause-worker',
    on: 'worker',
    summary: 'freeze a worker of this machine, and let it go on: longer than its lease, it wakes as a zombie',
    details: 'SIGSTOP. Others take over what it owned; what it does when it wakes must have no effect.',
  }),
  faultCommand({
    fault: 'kill-scheduler',
    on: 'scheduler',
    summary: 'kill a scheduler of this machine, and start it again as it was',
    details:
      'SIGKILL: another one decides the slots of its schedules after its lease. Afterwards it runs in the background.',
  }),
  faultCommand({
    fault: 'pause-scheduler',
    on: 'scheduler',
    summary: 'freeze a scheduler of this machine, and let it go on',
    details: 'SIGSTOP: slots it had begun to decide are decided by others.',
  }),
  faultCommand({
    fault: 'event-loop-block',
    on: 'worker',
    summary: 'make the event loop of a worker stand still',
    details: 'As a long collection of garbage: its sockets stay open, nothing is answered, nothing is renewed.',
  }),
  faultCommand({
    fault: 'clock-skew',
    on: 'worker',
    summary: 'set the clock of a worker, or of a node, wrong, and right again',
    details: `Its wall clock only, as a person or a broken time service does; what decides possession does not read it. A node is named by
--target, must be a process, and is started again under libfaketime, and without it at the end.`,
    options: { offset: option('<duration>', 'how far: 30s, or -30s for behind (default 30s)', parseOffset) },
    args: ({ offset }) => ({ offsetMs: offset }),
    example: '--offset -10m',
  }),
];

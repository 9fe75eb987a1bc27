// The faults, as commands.
import { parseOffset } from '../../config/parse/duration.ts';
import type { Command } from '../command.ts';
import { option } from '../command.ts';
import { faultCommand } from './fault.ts';

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
    summary: 'set the clock of a worker wrong, and right again',
    details:
      'Its wall clock only, as a person or a broken time service does; what decides possession does not read it.',
    options: { offset: option('<duration>', 'how far: 30s, or -30s for behind (default 30s)', parseOffset) },
    args: ({ offset }) => ({ offsetMs: offset }),
    example: '--offset -10m',
  }),
];

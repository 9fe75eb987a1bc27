// Faults of workers and schedulers: killed, paused longer than their lease, standing still, or with a clock that is wrong.
import { readFile } from 'node:fs/promises';
import { EXIT, JobctlError, usageError } from '../../core/model/errors.ts';
import { processState } from '../../platform/process-identity.ts';
import type { Act } from '../acts.ts';
import type { FaultPlan } from '../breakage.ts';
import { identityOf, listMembers, type Member, type MemberRole, orderFile } from '../members.ts';
import { type Order, obeyedFile, orderText } from '../orders.ts';
import { chosenOf, type FaultRequest, type FaultScene, type PlanFault } from './scene.ts';

/** A process that died is started again, as it was, in the background. */
export const planKill =
  (role: MemberRole): PlanFault =>
  async (scene, request) => {
    const member = memberOf(scene, request, role);
    const { id, argv, cwd, env } = member;
    const log = `${scene.folders.members}/${role}-${encodeURIComponent(id)}.log`;
    return {
      ...memberPlan(request, member, `killing ${nameOf(member)}`),
      inject: [signal(member, 'SIGKILL')],
      mend: [{ do: 'start', who: id, argv: [...argv], cwd, env, log }],
      look: async () => ((await processState(identityOf(member))) === 'down' ? `${nameOf(member)} is gone` : null),
      lookMended: async () => {
        const again = (await listMembers(scene.folders.members)).find((each) => each.id === id && each.role === role);
        return again === undefined ? null : `${role} ${id} runs again, as pid ${again.pid}`;
      },
    };
  };

export const planPause =
  (role: MemberRole): PlanFault =>
  async (scene, request) => {
    const member = memberOf(scene, request, role);
    const stateOf = () => processState(identityOf(member));
    return {
      ...memberPlan(request, member, `pausing ${nameOf(member)}`),
      inject: [signal(member, 'SIGSTOP')],
      mend: [signal(member, 'SIGCONT')],
      look: async () => ((await stateOf()) === 'paused' ? `${nameOf(member)} is paused` : null),
      lookMended: async () => ((await stateOf()) === 'paused' ? null : `${nameOf(member)} goes on`),
    };
  };

/** Its event loop stands still: timers are late, sockets stay open. */
export const planBlock: PlanFault = async (scene, request) => {
  const member = memberOf(scene, request, 'worker');
  return {
    ...memberPlan(request, member, `${nameOf(member)} stands still`),
    inject: orders(scene, member, { blockMs: request.durationMs }),
    mend: [],
    look: () => lookObeyed(scene, member, { blockMs: request.durationMs }),
  };
};

export const planMemberClock = async (
  scene: FaultScene,
  request: FaultRequest,
  offsetMs: number,
): Promise<FaultPlan> => {
  const member = memberOf(scene, request, 'worker');
  return {
    ...memberPlan(request, member, `setting the clock of ${nameOf(member)} by ${offsetMs} ms`),
    inject: orders(scene, member, { clockOffsetMs: offsetMs }),
    mend: orders(scene, member, { clockOffsetMs: 0 }),
    look: () => lookObeyed(scene, member, { clockOffsetMs: offsetMs }),
    lookMended: () => lookObeyed(scene, member, { clockOffsetMs: 0 }),
  };
};

const memberOf = ({ members }: FaultScene, request: FaultRequest, role: MemberRole): Member => {
  const own = members.filter((each) => each.role === role);
  const member =
    request.target === undefined ? chosenOf(own, request) : (own.find(({ id }) => id === request.target) ?? null);
  if (member === null) {
    throw new JobctlError(
      'CHAOS_TARGET_MISSING',
      EXIT.notFound,
      request.target === undefined ? `no ${role} runs on this machine` : `no ${role} ${request.target} runs here`,
      {
        detail: own.length === 0 ? '' : `there are ${own.map(({ id }) => id).join(', ')}`,
        hint: `start one: jobctl ${role}`,
      },
    );
  }
  if (member.disposable) return member;
  throw usageError('CHAOS_NOT_DISPOSABLE', `${nameOf(member)} works on a store that may not be broken`, {
    detail: 'its store is neither a file nor on this machine',
    hint: 'break only what can be thrown away; JOBCTL_DISPOSABLE=yes for a process says that it can',
  });
};

const nameOf = ({ role, id, pid }: Member): string => `${role} ${id} (pid ${pid})`;

const memberPlan = (
  { fault, durationMs }: FaultRequest,
  { id, role }: Member,
  about: string,
): Omit<FaultPlan, 'inject' | 'mend' | 'look'> => ({
  ...{ fault, target: id, about, durationMs, quorumLost: [] },
  left: `every node stays; what the ${role} owned passes to others after its lease`,
});

/** It says so itself. */
const lookObeyed = async ({ folders }: FaultScene, member: Member, order: Order): Promise<string | null> => {
  const obeyed = await readFile(obeyedFile(orderFile(folders.members, member)), 'utf8').catch(() => null);
  return obeyed === orderText(order) ? `${nameOf(member)} obeys: ${obeyed}` : null;
};

const signal = (member: Member, name: Extract<Act, { do: 'signal' }>['signal']): Act => ({
  ...{ do: 'signal', who: `${member.role} ${member.id}`, signal: name },
  ...identityOf(member),
});

const orders = ({ folders }: FaultScene, member: Member, order: Order): readonly Act[] => [
  { do: 'write', file: orderFile(folders.members, member), text: orderText(order) },
  signal(member, 'SIGUSR2'),
];

// What would be changed is said (--dry-run) or refused (--read-only), at the one place where commands ask for changes.
import { EXIT, usageError } from '../core/model/errors.ts';
import type { Command } from './command.ts';
import type { Context } from './context.ts';
import type { Column } from './output/table.ts';

/** A request that was not sent. */
export interface Plan {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Settings = Pick<Context, 'config' | 'flags'>;

/** Ends a command that would have changed something. */
export class Planned extends Error {
  readonly plan: Plan;

  constructor(plan: Plan) {
    super(`${plan.method} ${plan.path}`);
    this.plan = plan;
  }
}

const COLUMNS: readonly Column<Plan>[] = [
  { header: 'WOULD', cell: ({ method }) => method },
  { header: 'PATH', cell: ({ path }) => path },
  { header: 'BODY', cell: ({ body }) => (body === undefined || body === null ? '-' : JSON.stringify(body)) },
];

export const showPlans = (context: Context, plans: readonly Plan[]): number => {
  const items = plans.map(({ method, path, body }) => ({ method, path, body: body ?? null }));
  context.out.list({ items }, { columns: COLUMNS, name: ({ path }) => path });
  context.note('dry run: nothing was changed');
  return EXIT.ok;
};

/** Before somebody is asked whether to change something. Throws READ_ONLY. */
export const assertChanges = ({ config, flags }: Settings, what: string): void => {
  if (config.values.readOnly === 'yes' && !flags.dryRun) throw readOnly(what, config.settings.readOnly.origin);
};

/** Before a request is sent that changes something. Throws READ_ONLY, Planned. */
export const assertSends = ({ flags, config }: Settings, plan: Plan): void => {
  if (flags.dryRun) throw new Planned(plan);
  assertChanges({ config, flags }, `${plan.method} ${plan.path}`);
};

/** Before a command runs that does not only ask. Throws READ_ONLY, OPTION_INVALID. */
export const assertRuns = ({ flags, config }: Settings, { name, changes }: Pick<Command, 'name' | 'changes'>): void => {
  if (changes === undefined) return;
  const isPlan = flags.dryRun && changes === 'with-plan';
  if (config.values.readOnly === 'yes' && !isPlan) throw readOnly(`jobctl ${name}`, config.settings.readOnly.origin);
  if (flags.dryRun && !isPlan) {
    throw usageError('OPTION_INVALID', `jobctl ${name} has no dry run`, {
      hint: `leave --dry-run out, or see \`jobctl ${name} --help\``,
    });
  }
};

const readOnly = (what: string, origin: string): Error =>
  usageError('READ_ONLY', `read-only: ${what} was not done`, {
    detail: `readOnly: yes (${origin})`,
    hint: 'use a profile or a configuration that may change things: jobctl config view --origin',
  });

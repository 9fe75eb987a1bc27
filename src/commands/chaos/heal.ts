// jobctl chaos heal: mends what was broken on purpose.
import type { Journal } from '../../chaos/journal.ts';
import { chaosFolder } from '../../config/paths.ts';
import { EXIT } from '../../core/model/errors.ts';
import { SELECTION } from '../cluster/options.ts';
import { defineCommand, flag } from '../command.ts';
import type { Context } from '../context.ts';

export const journalOf = async ({ io, clock }: Context): Promise<Journal> => {
  const { Journal: Kept } = await import('../../chaos/journal.ts');
  return new Kept(chaosFolder(io.env), clock);
};

export const chaosHeal = defineCommand({
  name: 'chaos heal',
  summary: 'mend what a chaos command broke and could not mend itself',
  details: 'Does nothing where nothing is broken on purpose. Exit 6: the cluster is not whole again.',
  options: {
    ...SELECTION,
    watch: flag('wait until whoever broke it is gone (its pipe to stdin ends) or late, and mend only then'),
  },
  examples: [
    { does: 'after a crash', line: 'jobctl chaos heal' },
    { does: 'for a script', line: 'jobctl chaos heal -o json' },
  ],
  async run(context, _args, { watch = false }) {
    const { healCluster } = await import('../../chaos/node-fault.ts');
    const { untilGone } = await import('../../chaos/watchdog.ts');
    const journal = await journalOf(context);
    const { clock } = context;
    const fault = watch ? await untilGone(journal, clock, context.io.stdin) : await journal.active();
    if (fault !== null) {
      const cluster = await context.cluster({ name: fault.cluster, kind: fault.runtime });
      await healCluster({ cluster, journal, clock, report: (text) => context.note(text) }, fault);
    }
    context.out.result(
      { healed: fault },
      {
        name: () => `node/${fault?.target ?? ''}`,
        text: () => (fault === null ? 'nothing is broken on purpose' : `${fault.fault} of ${fault.target} mended`),
      },
    );
    return EXIT.ok;
  },
});

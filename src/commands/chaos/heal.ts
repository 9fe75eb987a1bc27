// jobctl chaos heal: mends what was broken on purpose.
import { EXIT } from '../../core/model/errors.ts';
import { SELECTION } from '../cluster/options.ts';
import { defineCommand, flag } from '../command.ts';
import { journalOf } from './scene.ts';

export const chaosHeal = defineCommand({
  name: 'chaos heal',
  changes: 'itself',
  summary: 'mend what a chaos command broke and could not mend itself',
  details: 'Does nothing where nothing is broken on purpose. Exit 1: not everything is whole again.',
  options: {
    ...SELECTION,
    watch: flag('wait until whoever broke it is gone (its pipe to stdin ends) or late, and mend only then'),
  },
  examples: [
    { does: 'after a crash', line: 'jobctl chaos heal' },
    { does: 'for a script', line: 'jobctl chaos heal -o json' },
  ],
  async run(context, _args, { watch = false }) {
    const { Breakage } = await import('../../chaos/breakage.ts');
    const { activeText } = await import('../../chaos/journal.ts');
    const { untilGone } = await import('../../chaos/watchdog.ts');
    const journal = await journalOf(context);
    const { clock } = context;
    const left = watch ? await untilGone(journal, clock, context.io.stdin) : await journal.active();
    if (left !== null) {
      const cluster = await context.cluster({ name: left.cluster, kind: left.runtime });
      await Breakage.left({ cluster, journal, clock, report: (text) => context.note(text) }, left).end();
    }
    const healed =
      left === null ? null : { run: left.run, faults: left.faults.map(({ fault, target }) => ({ fault, target })) };
    context.out.result(
      { healed },
      {
        name: () => `run/${left?.run ?? ''}`,
        text: () => (left === null ? 'nothing is broken on purpose' : `${activeText(left)}: mended`),
      },
    );
    return EXIT.ok;
  },
});

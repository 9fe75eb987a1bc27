// jobctl lock watch: one line for every change of a lock, until a signal comes.
import type { LockChange } from '../../core/lock/changes.ts';
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import type { ResultView } from '../output/out.ts';
import { LOCK_TONES } from './views.ts';

const VIEW: ResultView<LockChange> = {
  name: ({ name }) => `lock/${name}`,
  text: ({ at, name, state, token, owner, note }, _format, style) =>
    `${at}  lock/${name}  ${style(LOCK_TONES[state], state.padEnd(6))}  token ${token}  ${owner ?? ''}  ${note ?? ''}`.trimEnd(),
};

export const lockWatch = defineCommand({
  name: 'lock watch',
  summary: 'print every change of a lock until a signal comes',
  arguments: '<name>',
  details: `States: held; silent, when the holder has not renewed for a lease, measured here; free. With -o json a change is one line.
It may be started before anybody has taken the lock. Ctrl-C ends it with 130, SIGTERM with 143.`,
  options: {},
  examples: [
    { does: 'who gets it, and when', line: 'jobctl lock watch nightly' },
    { does: 'for a program', line: 'jobctl lock watch nightly -o jsonl' },
  ],
  async run(context, [text = '']) {
    const { lockChanges } = await import('../../core/lock/changes.ts');
    const { anyLockName } = await import('../../core/lock/name.ts');
    const name = anyLockName(text);
    const { stop } = context.shutdown();
    const deps = {
      store: await context.store(),
      clock: context.clock,
      onOutage: (reason: string) => context.note(`the store does not answer, still watching: ${reason}`),
    };
    const sink = context.out.results<LockChange>('stream', VIEW);
    for await (const change of lockChanges(deps, name, stop)) sink.add(change);
    sink.end();
    return stop.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
  },
});

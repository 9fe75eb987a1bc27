// jobctl completion: what the shell offers at a tab. The scripts ask jobctl itself, so that they never become stale.
import { oneOf } from '../config/parse/values.ts';
import { EXIT } from '../core/model/errors.ts';
import { type Command, defineCommand } from './command.ts';
import type { Candidate } from './completion/candidates.ts';
import type { Shell } from './completion/scripts.ts';

/** It completes all commands, itself included, so it gets the list when it runs. */
export const createCompletion = (commands: () => readonly Command[]): Command =>
  defineCommand({
    name: 'completion',
    summary: 'complete commands, flags, values and live ids in bash, zsh and fish',
    arguments: '<shell> [words...]',
    details: `Prints the script of the shell. With words behind -- it prints what could stand for the last of them, as the scripts ask it
to. Ids and names come from the store that is configured; one that does not answer within a second offers none.`,
    options: {},
    examples: [
      {
        does: 'in bash, for ever',
        line: 'jobctl completion bash > ~/.local/share/bash-completion/completions/jobctl',
      },
      { does: 'in zsh, for ever', line: 'jobctl completion zsh > ~/.zfunc/_jobctl' },
      { does: 'in fish, for ever', line: 'jobctl completion fish > ~/.config/fish/completions/jobctl.fish' },
      { does: 'what it would offer', line: "jobctl completion bash -- job list --state ''" },
    ],
    async run(context, [given = '', ...words]) {
      const { SCRIPTS, SHELLS } = await import('./completion/scripts.ts');
      const shell = oneOf(SHELLS)(given);
      if (words.length === 0) {
        const text = SCRIPTS[shell];
        if (context.out.isStructured)
          context.out.result({ shell, script: text }, { name: () => shell, text: () => text });
        else context.io.stdout.write(text);
        return EXIT.ok;
      }
      const { candidatesFor } = await import('./completion/candidates.ts');
      const { liveCandidates } = await import('./completion/live.ts');
      const { candidates, live } = candidatesFor(words, commands());
      const items = [...candidates, ...(await liveCandidates(context, live, words.at(-1) ?? ''))];
      if (context.out.isStructured) context.out.list({ items }, { columns: [], name: ({ word }) => word });
      else for (const item of items) context.out.line(lineFor(shell, item));
      return EXIT.ok;
    },
  });

const lineFor = (shell: Shell, { word, does }: Candidate): string => {
  const oneLine = does.replace(/\s+/g, ' ');
  if (shell === 'zsh') return `${word.replace(/:/g, '\\:')}:${oneLine}`;
  return shell === 'fish' ? `${word}\t${oneLine}` : word;
};

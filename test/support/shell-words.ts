// Words of a shell's line, as far as examples need it.

/** What comes behind is no argument. */
const ENDS = ['>', '2>', '&', '||', '&&'];

/** Splits as a shell does: quotes, pipes and redirections. */
export const shellCommands = (line: string): readonly (readonly string[])[] => {
  const commands: string[][] = [[]];
  for (const [word] of line.matchAll(/(?:[^\s'"|]+|'[^']*'|"[^"]*")+|\|/g)) {
    if (word === '|') commands.push([]);
    else commands.at(-1)?.push(word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return commands.map((words) => {
    const end = words.findIndex((word) => ENDS.includes(word));
    return end < 0 ? words : words.slice(0, end);
  });
};

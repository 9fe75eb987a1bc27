// The reference of the command line, as Markdown and as manual pages, made from the same data as --help.

import type { Command } from '../src/commands/command.ts';
import { GLOBAL_FLAGS } from '../src/commands/global-flags.ts';
import { commandHelp, GROUPS, NOUNS } from '../src/commands/help.ts';
import { COMMANDS } from '../src/commands/registry.ts';
import { topics } from '../src/commands/topics.ts';
import { packageVersion } from '../src/commands/version.ts';
import { flagName } from '../src/config/parse/flag-name.ts';
import { BINDINGS } from '../src/ui/keys.ts';
import { VIEWS } from '../src/ui/views/all.ts';

/** Path from the root of the repository -> text. */
export const cliDocs = (): ReadonlyMap<string, string> => {
  const words = GROUPS.flatMap(([, members]) => members);
  return new Map([
    ['docs/cli/README.md', indexPage()],
    ...words.map((word) => [`docs/cli/${word}.md`, markdownPage(word)] as const),
    ['man/jobctl.1', rootManual()],
    ...words.map((word) => [`man/jobctl-${word}.1`, manual(word)] as const),
  ]);
};

const membersOf = (word: string): readonly Command[] =>
  COMMANDS.filter(({ name }) => name === word || name.startsWith(`${word} `));
const summaryOf = (word: string): string => NOUNS[word] ?? membersOf(word)[0]?.summary ?? '';
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
const usageOf = (command: Command): string => commandHelp(command).split('\n')[0]?.replace('Usage: ', '') ?? '';

const MADE = '<!-- Made by `npm run docs` from the commands themselves. -->';
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const indexPage = (): string => {
  const groups = GROUPS.map(([title, words]) => {
    const rows = words.map((word) => `| [\`jobctl ${word}\`](${word}.md) | ${cell(summaryOf(word))} |`);
    return `## ${title}\n\n| | |\n|---|---|\n${rows.join('\n')}\n`;
  });
  const texts = Object.entries(topics(GLOBAL_FLAGS)).map(
    ([name, text]) => `## jobctl help ${name}\n\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`,
  );
  return [`${MADE}\n# The commands\n`, ...groups, '# Topics\n', ...texts].join('\n');
};

const markdownPage = (word: string): string => {
  const members = membersOf(word);
  const parts = members.map((command) => `## jobctl ${command.name}\n\n${markdownOf(command)}`);
  const keys = word === 'dash' ? `\n${keysTable()}` : '';
  return `${MADE}\n# jobctl ${word}\n\n${sentence(summaryOf(word))}\n\n${parts.join('\n')}${keys}`;
};

const keysTable = (): string => {
  const everywhere = BINDINGS.map(({ shown, help }) => `| \`${shown}\` | ${cell(help)} |`);
  const views = VIEWS.flatMap(({ name, actions }) =>
    actions.map(({ key, label }) => `| \`${key}\` | in ${name}: ${label} |`),
  );
  return `## Keys\n\n| key | |\n|---|---|\n${[...everywhere, ...views].join('\n')}\n`;
};

const markdownOf = (command: Command): string => {
  const { summary, details, examples, options } = command;
  const flags = Object.entries(options).map(([name, { value = '', short, summary: does }]) => {
    const written = `${short === undefined ? '' : `-${short}, `}${flagName(name)} ${value}`.trimEnd();
    return `| \`${written}\` | ${cell(does)} |`;
  });
  const lines = examples.map(({ does, line }) => `# ${does}\n${line}`);
  return [
    `\`${usageOf(command)}\`\n\n${sentence(summary)}\n`,
    ...(details === undefined ? [] : [`${details}\n`]),
    `\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`,
    ...(flags.length === 0 ? [] : [`| flag | |\n|---|---|\n${flags.join('\n')}\n`]),
  ].join('\n');
};

const manual = (word: string): string => {
  const members = membersOf(word);
  return page(`jobctl-${word}`, summaryOf(word), [
    ...members.flatMap((command) => [
      ...['.SH', `"jobctl ${escaped(command.name)}"`].join(' ').split('\n'),
      ...paragraph(sentence(command.summary)),
      ...verbatim(usageOf(command)),
      ...(command.details === undefined ? [] : paragraph(command.details)),
      '.SS Examples',
      ...command.examples.flatMap(({ does, line }) => [...paragraph(does), ...verbatim(line)]),
      ...(Object.keys(command.options).length === 0 ? [] : ['.SS Flags', ...flagLines(command)]),
    ]),
    ...seeAlso(['jobctl']),
  ]);
};

const rootManual = (): string =>
  page('jobctl', 'a job queue, a cron and a lock service on Cassandra, or on an embedded SQLite file', [
    '.SH SYNOPSIS',
    ...verbatim('jobctl COMMAND [flags]'),
    ...GROUPS.flatMap(([title, words]) => [
      `.SH ${title.toUpperCase()}`,
      ...words.flatMap((word) => ['.TP', `.B jobctl ${escaped(word)}`, escaped(summaryOf(word))]),
    ]),
    '.SH "GLOBAL FLAGS"',
    ...GLOBAL_FLAGS.flatMap(([flags, does]) => ['.TP', `.B ${escaped(flags)}`, escaped(does)]),
    ...Object.entries(topics(GLOBAL_FLAGS))
      .filter(([name]) => name !== 'flags')
      .flatMap(([name, text]) => [`.SH ${name.toUpperCase()}`, ...verbatim(text.trimEnd())]),
    ...seeAlso(GROUPS.flatMap(([, words]) => words.map((word) => `jobctl-${word}`))),
  ]);

const page = (name: string, does: string, lines: readonly string[]): string => {
  const title = `.TH ${name.toUpperCase()} 1 "" "jobctl ${packageVersion()}" "jobctl"`;
  return [title, '.SH NAME', `${escaped(name)} \\- ${escaped(does)}`, ...lines, ''].join('\n');
};

const flagLines = ({ options }: Command): readonly string[] =>
  Object.entries(options).flatMap(([name, { value = '', short, summary }]) => {
    const written = `${short === undefined ? '' : `-${short}, `}${flagName(name)} ${value}`.trimEnd();
    return ['.TP', `.B ${escaped(written)}`, escaped(summary)];
  });

const seeAlso = (names: readonly string[]): readonly string[] => [
  '.SH "SEE ALSO"',
  names.map((name) => `.BR ${escaped(name)} (1)`).join(',\n'),
];

const paragraph = (text: string): readonly string[] => ['.PP', ...text.split('\n').map(escaped)];
const verbatim = (text: string): readonly string[] => [
  '.PP',
  '.nf',
  '.RS 4',
  ...text.split('\n').map(escaped),
  '.RE',
  '.fi',
];

/** As troff reads it: a backslash, a hyphen that is one, a line that begins as a request does. */
const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');

// Help text, written from the commands' own data: usage, one sentence, examples, then flags.
import { flagName } from '../config/parse/flag-name.ts';
import type { Command } from './command.ts';

/** Groups of the root help, in reading order; the test of the registry says when a command is missing here. */
export const GROUPS: readonly (readonly [title: string, words: readonly string[]])[] = [
  ['Start here', ['dev', 'init', 'doctor', 'help']],
  ['Jobs', ['submit', 'job', 'dlq', 'cron']],
  ['Locks', ['lock']],
  ['Look', ['dash', 'status', 'events']],
  ['Run', ['worker', 'bucket', 'scheduler', 'api']],
  ['Break and measure', ['cluster', 'chaos', 'bench']],
  ['Setup', ['db', 'config', 'completion', 'version']],
];

export const NOUNS: Readonly<Record<string, string>> = {
  job: 'look at jobs, wait for them, stop or repeat them',
  dlq: 'dead letters: jobs that used up their attempts',
  cron: 'schedules: jobs that are submitted again and again',
  scheduler: 'submit the jobs of schedules when they are due, and serve the REST API',
  api: 'ask the REST API, describe it, make tokens for it',
  lock: 'do something once at a time, wherever it is started; see who does it',
  worker: 'run jobs; see who runs them',
  bucket: 'shards of the work: who owns which, and what waits there',
  cluster: 'Cassandra nodes on this machine, to try and to test',
  chaos: 'break a cluster on purpose, watch it, mend it',
  bench: 'measure what a store can do with jobctl, and compare',
  db: 'the schema of a store on Cassandra',
  config: 'settings and where they come from',
};

/** What `jobctl help` explains beyond commands; the texts are in topics.ts. */
export const TOPICS = [
  'delivery',
  'schedules',
  'locks',
  'breaking',
  'troubleshooting',
  'exit-codes',
  'output',
  'environment',
] as const;

const GLOBAL_LINE = 'Global flags: jobctl help flags';

export const rootHelp = (commands: readonly Command[]): string => {
  const summaryOf = (word: string): string => NOUNS[word] ?? commands.find(({ name }) => name === word)?.summary ?? '';
  const groups = GROUPS.map(
    ([title, words]) => `${title}\n${columns(words.map((word) => [word, summaryOf(word)] as const))}`,
  );
  return [
    'A job queue, a cron and a lock service on the Cassandra you already run, or on an embedded SQLite file.',
    'Usage: jobctl COMMAND [flags]',
    ...groups,
    'Examples\n  jobctl dev --demo\n  jobctl submit exec --payload \'{"command":["date"]}\' --wait\n  jobctl job list',
    `Topics: jobctl help ${TOPICS.join(' | ')}\n${GLOBAL_LINE}`,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
};

export const nounHelp = (noun: string, commands: readonly Command[]): string => {
  const members = commands.filter(({ name }) => name.startsWith(`${noun} `));
  const standard = members.find(({ isDefault }) => isDefault);
  const list = columns(members.map(({ name, arguments: args = '', summary }) => [`${name} ${args}`.trim(), summary]));
  const parts = [
    `Usage: jobctl ${noun} ${standard === undefined ? 'COMMAND' : '[COMMAND]'} [flags]`,
    sentence(NOUNS[noun] ?? ''),
    `Commands\n${list}`,
    ...(standard === undefined ? [] : [`Without a command it is \`jobctl ${standard.name}\`.`, ...body(standard)]),
    GLOBAL_LINE,
  ];
  return `${parts.join('\n\n')}\n`;
};

export const commandHelp = (command: Command): string => {
  const [args = '', passedOn] = command.arguments?.toUpperCase().split(' -- ') ?? [];
  const usage = ['Usage: jobctl', command.name, args, '[flags]', passedOn === undefined ? '' : `-- ${passedOn}`];
  const parts = [
    usage.filter((word) => word !== '').join(' '),
    sentence(command.summary),
    ...body(command),
    GLOBAL_LINE,
  ];
  return `${parts.join('\n\n')}\n`;
};

const body = ({ details, examples, options }: Command): readonly string[] => {
  const flags = Object.entries(options).map(
    ([name, { value = '', short, summary }]) =>
      [`${short === undefined ? '    ' : `-${short}, `}${flagName(name)} ${value}`.trimEnd(), summary] as const,
  );
  return [
    `Examples\n${examples.map(({ does, line }) => `  # ${does}\n  ${line}`).join('\n')}`,
    ...(details === undefined ? [] : [details]),
    ...(flags.length === 0 ? [] : [`Flags\n${columns(flags)}`]),
  ];
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n');
};

// Turns the list of commands into a commander tree that parses. Help is written from the same data (help.ts); commander
// only reads argv.
import { Argument, Command as Parser, Option as ParserOption } from 'commander';
import { flagName } from '../config/parse/flag-name.ts';
import { JobctlError, usageError } from '../core/model/errors.ts';
import { nearest } from '../core/model/suggest.ts';
import type { Command, Option } from './command.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { commandHelp, nounHelp, rootHelp } from './help.ts';

/** Global flags as commander leaves them. */
export interface ParsedGlobals {
  readonly store?: string;
  readonly config?: string;
  readonly output?: string;
  readonly time?: string;
  readonly timeout?: string;
  /** `false` for --no-color. */
  readonly color?: string | false;
  /** `false` for --no-headers. */
  readonly headers: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly debug?: boolean;
  readonly profile?: string;
  readonly readOnly?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly version?: boolean;
}

export interface Invocation {
  readonly command: Command;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: ParsedGlobals;
}

/** What argv asks for: a command to run, or text to show. */
export type Parsed =
  | { readonly kind: 'run'; readonly invocation: Invocation }
  | { readonly kind: 'help'; readonly text: string };

/** Throws commander's error or a JobctlError for bad input. */
export const parseArgv = async (commands: readonly Command[], argv: readonly string[]): Promise<Parsed> => {
  let invocation: Invocation | null = null;
  let help = '';
  const say = (text: string): void => {
    help += text;
  };
  const root = prepare(new Parser('jobctl'), say, () => rootHelp(commands));
  for (const [flags, summary] of GLOBAL_FLAGS) root.addOption(new ParserOption(flags, summary));
  const nouns = new Map<string, Parser>();
  for (const command of commands) {
    const [first = '', verb] = command.name.split(' ');
    const noun = verb === undefined ? root : (nouns.get(first) ?? addNoun(root, first, commands, say));
    if (verb !== undefined) nouns.set(first, noun);
    addCommand(noun, command, { commands, say, run: (found) => (invocation = { ...found, globals: root.opts() }) });
  }
  try {
    await root.parseAsync(markPassedOn(argv), { from: 'user' });
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(PASSED_ON, '');
    if (!isHelp(error)) {
      throw (
        unknownWord(error, commands, argv) ??
        forgotEndOfFlags(error, commands, argv) ??
        withHelpLine(error, commands, argv)
      );
    }
    if (root.opts().version === true) return { kind: 'run', invocation: versionInvocation(commands, root.opts()) };
    return { kind: 'help', text: help };
  }
  if (invocation === null) return { kind: 'help', text: help };
  return { kind: 'run', invocation };
};

const END_OF_FLAGS = '--';
/** No argument can contain it. */
const PASSED_ON = '\0';

/** The root consumes `--`, and its subcommands would read flags again: those that come after it are made to look like none. */
const markPassedOn = (argv: readonly string[]): string[] => {
  const end = argv.indexOf(END_OF_FLAGS);
  return argv.map((word, index) => (end >= 0 && index > end && word.startsWith('-') ? PASSED_ON + word : word));
};

/** `lock run NAME ls -l`: the flag is meant for another command. */
const forgotEndOfFlags = (error: unknown, commands: readonly Command[], argv: readonly string[]): Error | null => {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  const command = commands.find(
    ({ name, arguments: args }) => args?.includes(` ${END_OF_FLAGS} `) && startsWith(argv, name),
  );
  if (code !== 'commander.unknownOption' || command === undefined || argv.includes(END_OF_FLAGS)) return null;
  const what =
    (message ?? '')
      .replace(/^error: /, '')
      .replace(/'/g, '"')
      .split('\n')[0] ?? '';
  return usageError('OPTION_INVALID', what, {
    hint: `flags of the command to run go behind --: jobctl ${command.name} ${command.arguments ?? ''}`,
  });
};

/** Where the reader finds what the command takes. */
const withHelpLine = (error: unknown, commands: readonly Command[], argv: readonly string[]): unknown => {
  const names = commands.map(({ name }) => name).filter((name) => startsWith(argv, name));
  const longest = names.toSorted((left, right) => right.length - left.length)[0];
  if (error instanceof Error && longest !== undefined) Object.assign(error, { helpLine: `jobctl ${longest} --help` });
  return error;
};

const startsWith = (argv: readonly string[], name: string): boolean =>
  argv
    .filter((word) => !word.startsWith('-'))
    .join(' ')
    .concat(' ')
    .startsWith(`${name} `);

const unmarked = (word: string): string => word.replace(PASSED_ON, '');

const versionInvocation = (commands: readonly Command[], globals: ParsedGlobals): Invocation => {
  const command = commands.find(({ name }) => name === 'version');
  if (command === undefined) throw new Error('there is no version command');
  return { command, args: [], options: {}, globals };
};

const isHelp = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^commander\.help/.test(String(error.code));

const prepare = (parser: Parser, say: (text: string) => void, help: () => string): Parser =>
  parser
    .exitOverride()
    .configureOutput({ writeOut: say, writeErr: say, outputError: () => undefined })
    .configureHelp({ formatHelp: help })
    .helpOption('-h, --help', 'show help')
    .helpCommand(false);

const addNoun = (root: Parser, noun: string, commands: readonly Command[], say: (text: string) => void): Parser => {
  const parser = prepare(new Parser(noun), say, () => nounHelp(noun, commands));
  root.addCommand(parser);
  return parser;
};

interface Registration {
  readonly commands: readonly Command[];
  readonly say: (text: string) => void;
  readonly run: (invocation: Omit<Invocation, 'globals'>) => void;
}

const addCommand = (parent: Parser, command: Command, { commands, say, run }: Registration): void => {
  const name = command.name.split(' ').at(-1) ?? command.name;
  const parser = prepare(new Parser(name), say, () => commandHelp(command));
  const args = command.arguments?.split(' ').filter((text) => text !== END_OF_FLAGS) ?? [];
  for (const text of args) parser.addArgument(new Argument(text));
  // A default command would answer a mistyped verb with "too many arguments": take the words and say what is wrong.
  const isBare = command.isDefault === true && args.length === 0;
  if (isBare) parser.addArgument(new Argument('[unexpected...]'));
  for (const [key, each] of Object.entries(command.options)) parser.addOption(parserOption(key, each));
  parser.action(() => {
    if (isBare && parser.args[0] !== undefined) throw unknownVerb(command, unmarked(parser.args[0]), commands);
    run({ command, args: parser.args.map(unmarked), options: optionsOf(command, parser.opts()) });
  });
  parent.addCommand(parser, { isDefault: command.isDefault === true });
  if (name === 'list') parser.alias('ls');
};

/** For commander `--no-cron` is the opposite of an option `cron`; a command says what it means. */
const optionsOf = ({ options }: Command, parsed: Readonly<Record<string, unknown>>) => {
  const opposites = Object.keys(options).filter((key) => /^no[A-Z]/.test(key));
  const opposite = (key: string): string => `${key[2]?.toLowerCase()}${key.slice(3)}`;
  return { ...parsed, ...Object.fromEntries(opposites.map((key) => [key, parsed[opposite(key)] === false])) };
};

const parserOption = (key: string, { value, short, summary, parse }: Option<unknown>): ParserOption => {
  const long = flagName(key);
  const flags = `${short === undefined ? '' : `-${short}, `}${long}${value === undefined ? '' : ` ${value}`}`;
  const option = new ParserOption(flags, summary);
  return value === undefined ? option : option.argParser((text: string) => parseFlag(long, text, parse));
};

/** A parser's complaint, with the flag it is about. */
const parseFlag = (name: string, text: string, parse: (text: string) => unknown): unknown => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof JobctlError)) throw error;
    throw usageError(error.code, `${name}: ${error.message}`, {
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
};

const unknownVerb = (command: Command, typed: string, commands: readonly Command[]): Error => {
  const [noun = ''] = command.name.split(' ');
  return unknownCommand(noun, typed, commands);
};

/** Neither a command nor, after a noun, one of its verbs. */
const unknownWord = (error: unknown, commands: readonly Command[], argv: readonly string[]): Error | null => {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  const [, typed] = /unknown command '(.*?)'/.exec(message) ?? [];
  if (code !== 'commander.unknownCommand' || typed === undefined) return null;
  const [before = ''] = argv
    .slice(0, argv.indexOf(typed))
    .filter((word) => !word.startsWith('-'))
    .slice(-1);
  const isNoun = commands.some(({ name }) => name.startsWith(`${before} `));
  return unknownCommand(before !== '' && isNoun ? before : null, typed, commands);
};

const unknownCommand = (noun: string | null, typed: string, commands: readonly Command[]): Error => {
  const prefix = noun === null ? '' : `${noun} `;
  const members = commands.filter(({ name }) => name.startsWith(prefix));
  const words = members.map(({ name }) => name.slice(prefix.length).split(' ')[0] ?? '');
  const guess = nearest(typed, [...new Set(words)]);
  return usageError('COMMAND_UNKNOWN', `unknown command "${prefix}${typed}"`, {
    hint: `${guess === null ? '' : `did you mean ${guess}? `}see \`jobctl ${prefix}--help\``,
  });
};

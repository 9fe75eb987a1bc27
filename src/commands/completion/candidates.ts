// What could stand where the cursor is, read off the same data that the parser and the help are made from.
import { CONFIG_KEYS, CONFIG_NAMES } from '../../config/keys.ts';
import { flagName } from '../../config/parse/flag-name.ts';
import { choicesOf } from '../../config/parse/values.ts';
import type { Command } from '../command.ts';
import { GLOBAL_FLAGS } from '../global-flags.ts';
import { NOUNS } from '../help.ts';

export interface Candidate {
  readonly word: string;
  readonly does: string;
}

/** Something that only the store, or this machine, can tell. */
export interface Live {
  readonly command: string;
  /** As help shows it: `id`, `name`. */
  readonly argument: string;
}

export interface Found {
  readonly candidates: readonly Candidate[];
  readonly live: Live | null;
}

interface Flag {
  readonly names: readonly string[];
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly does: string;
}

const NOTHING: Found = { candidates: [], live: null };

/** The last word is the one that is being typed, perhaps empty. */
export const candidatesFor = (words: readonly string[], commands: readonly Command[]): Found => {
  const typed = joined(words);
  const [current = '', before] = [typed.at(-1), typed.slice(0, -1)];
  const globals = GLOBAL_FLAGS.map(([flags, does]) => globalFlag(flags, does));
  const command = commandOf(positionals(before, globals), commands);
  const flags = [...(command === null ? [] : flagsOf(command)), ...globals];
  const given = positionals(before, flags);
  const asked = flagNamed(flags, before.at(-1));
  if (before.includes('--')) return NOTHING;
  if (asked?.takesValue === true) return starting(current, valuesOf(asked, current));
  if (current.startsWith('-')) return starting(current, flags.flatMap(flagCandidates));
  if (command === null) return starting(current, nextWords(given, commands));
  const found = argumentOf(command, given.slice(command.name.split(' ').length));
  const verbs = command.isDefault === true && given.length === 1 ? nextWords(given, commands) : [];
  return { ...starting(current, verbs), live: found === null ? null : { command: command.name, argument: found } };
};

/** bash takes `--state=dlq` apart at the sign. */
const joined = (words: readonly string[]): readonly string[] =>
  words.flatMap((word, index) => {
    if (word === '=' && index < words.length - 1) return [];
    const [, flag, value] = /^(--[\w-]+)=(.*)$/.exec(word) ?? [];
    return flag === undefined ? [word === '=' ? '' : word] : [flag, value ?? ''];
  });

const globalFlag = (flags: string, does: string): Flag => {
  const names = flags.split(/,? /).filter((word) => word.startsWith('-'));
  const key = CONFIG_NAMES.find((name) => flagName(name) === names.at(-1));
  const choices = key === undefined ? [] : choicesOf(CONFIG_KEYS[key]);
  return { names, does, takesValue: flags.includes('<'), choices };
};

const flagsOf = ({ options }: Command): readonly Flag[] =>
  Object.entries(options).map(([name, option]) => ({
    names: [...(option.short === undefined ? [] : [`-${option.short}`]), flagName(name)],
    ...{ takesValue: option.value !== undefined, choices: choicesOf(option), does: option.summary },
  }));

const flagNamed = (flags: readonly Flag[], word: string | undefined): Flag | undefined =>
  word === undefined ? undefined : flags.find(({ names }) => names.includes(word));

/** Words that are neither flags nor their values. */
const positionals = (words: readonly string[], flags: readonly Flag[]): readonly string[] =>
  words.filter((word, index) => !word.startsWith('-') && flagNamed(flags, words[index - 1])?.takesValue !== true);

/** The longest command that these words begin with; of a noun alone the one that runs without a verb. */
const commandOf = ([first = '', second = '']: readonly string[], commands: readonly Command[]): Command | null =>
  commands.find(({ name }) => name === `${first} ${second}`) ??
  commands.find(({ name }) => name === first) ??
  commands.find(({ name, isDefault }) => isDefault === true && name.startsWith(`${first} `)) ??
  null;

const nextWords = (given: readonly string[], commands: readonly Command[]): readonly Candidate[] => {
  const [noun] = given;
  if (given.length > 1) return [];
  if (noun !== undefined) {
    const members = commands.filter(({ name }) => name.startsWith(`${noun} `));
    return members.map(({ name, summary }) => ({ word: name.slice(noun.length + 1), does: summary }));
  }
  const words = new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''));
  const summaryOf = (word: string) => NOUNS[word] ?? commands.find(({ name }) => name === word)?.summary ?? '';
  return [...words].map((word) => ({ word, does: summaryOf(word) }));
};

const flagCandidates = ({ names, does }: Flag): readonly Candidate[] =>
  names.filter((name) => name.startsWith('--')).map((word) => ({ word, does }));

/** Of a list only what comes behind the last comma is being typed. */
const valuesOf = ({ choices, does }: Flag, current: string): readonly Candidate[] => {
  const lead = current.slice(0, current.lastIndexOf(',') + 1);
  return choices.map((choice) => ({ word: lead + choice, does }));
};

/** The name of the argument that is next; null: there are as many as it takes. */
const argumentOf = ({ arguments: text = '' }: Command, given: readonly string[]): string | null => {
  const taken = text.split(' ').filter((word) => word !== '' && word !== '--');
  const last = taken.at(-1);
  const place = taken[given.length] ?? (last?.includes('...') === true ? last : undefined);
  return place === undefined ? null : place.replace(/[<>[\].]/g, '');
};

const starting = (current: string, candidates: readonly Candidate[]): Found => ({
  candidates: candidates.filter(({ word }) => word.startsWith(current)),
  live: null,
});

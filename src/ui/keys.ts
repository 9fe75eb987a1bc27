// Which key does what: one table for the dashboard, its footer, its help and the documentation. And from what a terminal
// sends to names of keys.
import type { Key } from 'ink';

export interface Binding {
  readonly does: Doing;
  readonly keys: readonly string[];
  /** As people read it. */
  readonly shown: string;
  readonly help: string;
  /** Where it works: in lists of rows, or wherever nothing is being typed. */
  readonly where: 'list' | 'all';
}

export type Doing =
  | 'down'
  | 'up'
  | 'pageDown'
  | 'pageUp'
  | 'top'
  | 'bottom'
  | 'open'
  | 'back'
  | 'filter'
  | 'command'
  | 'nextView'
  | 'previousView'
  | 'sortLeft'
  | 'sortRight'
  | 'reverse'
  | 'mark'
  | 'markAll'
  | 'group'
  | 'pause'
  | 'faster'
  | 'slower'
  | 'yaml'
  | 'copy'
  | 'help'
  | 'quit';

export const BINDINGS: readonly Binding[] = [
  { does: 'down', keys: ['j', 'down'], shown: 'j ↓', help: 'down', where: 'all' },
  { does: 'up', keys: ['k', 'up'], shown: 'k ↑', help: 'up', where: 'all' },
  { does: 'pageDown', keys: ['pagedown'], shown: 'PgDn', help: 'a page down', where: 'all' },
  { does: 'pageUp', keys: ['pageup'], shown: 'PgUp', help: 'a page up', where: 'all' },
  { does: 'top', keys: ['g', 'home'], shown: 'g Home', help: 'to the first', where: 'all' },
  { does: 'bottom', keys: ['G', 'end'], shown: 'G End', help: 'to the last', where: 'all' },
  { does: 'open', keys: ['enter'], shown: 'enter', help: 'open what is under the cursor', where: 'list' },
  {
    does: 'back',
    keys: ['escape'],
    shown: 'esc',
    help: 'back; in a list: clear marks, filter and scope',
    where: 'all',
  },
  {
    ...{ does: 'filter', keys: ['/'], shown: '/', where: 'list' },
    help: 'filter: text, !text, column=text, column!=text; words must all hold',
  },
  {
    does: 'command',
    keys: [':'],
    shown: ':',
    help: 'go to a view: :jobs, :dlq, :jobs state=failed; tab completes',
    where: 'all',
  },
  { does: 'nextView', keys: ['tab'], shown: 'tab', help: 'the next view; 1-9 go to one', where: 'all' },
  { does: 'previousView', keys: ['shift-tab'], shown: 'shift-tab', help: 'the view before', where: 'all' },
  { does: 'sortLeft', keys: ['<'], shown: '<', help: 'sort by the column to the left', where: 'list' },
  { does: 'sortRight', keys: ['>'], shown: '>', help: 'sort by the column to the right', where: 'list' },
  { does: 'reverse', keys: ['o'], shown: 'o', help: 'turn the order round', where: 'list' },
  {
    does: 'mark',
    keys: [' '],
    shown: 'space',
    help: 'mark a row: what follows is done to all marked ones',
    where: 'list',
  },
  { does: 'markAll', keys: ['*'], shown: '*', help: 'mark all rows that the filter shows; again: none', where: 'list' },
  {
    does: 'group',
    keys: ['e'],
    shown: 'e',
    help: 'one row for all that died of the same (dead letters)',
    where: 'list',
  },
  { does: 'pause', keys: ['p'], shown: 'p', help: 'stop reading; again: go on', where: 'all' },
  { does: 'faster', keys: ['+'], shown: '+', help: 'read more often', where: 'all' },
  { does: 'slower', keys: ['-'], shown: '-', help: 'read less often', where: 'all' },
  { does: 'yaml', keys: ['y'], shown: 'y', help: 'all fields of the row, as YAML', where: 'list' },
  { does: 'copy', keys: ['c'], shown: 'c', help: "copy the row's id to the clipboard (OSC 52)", where: 'list' },
  { does: 'help', keys: ['?'], shown: '?', help: 'these keys', where: 'all' },
  { does: 'quit', keys: ['q', 'ctrl-c'], shown: 'q', help: 'leave; Ctrl-C leaves with exit code 130', where: 'all' },
];

/** Names of the keys in what ink tells: what is typed quickly arrives as one piece. */
export const keysOf = (input: string, key: Key): readonly string[] => {
  const named = namedKey(input, key);
  if (named !== null) return [named];
  return [...input].flatMap((character) => CHARACTERS[character] ?? (isPrintable(character) ? [character] : []));
};

/** What a terminal sends when its window is left and come back to, without the escape that ink takes off. */
const FOCUS: Readonly<Record<string, string>> = { '[I': 'focus-in', '[O': 'focus-out' };

const namedKey = (input: string, key: Key): string | null => {
  const focus = FOCUS[input];
  if (focus !== undefined) return focus;
  if (key.ctrl) return `ctrl-${input}`;
  if (key.shift && key.tab) return 'shift-tab';
  const names = [
    ...([
      ['up', key.upArrow],
      ['down', key.downArrow],
      ['left', key.leftArrow],
      ['right', key.rightArrow],
    ] as const),
    ...([
      ['pageup', key.pageUp],
      ['pagedown', key.pageDown],
      ['home', key.home],
      ['end', key.end],
    ] as const),
    ...([
      ['enter', key.return],
      ['escape', key.escape],
      ['tab', key.tab],
    ] as const),
    ...([['backspace', key.backspace || key.delete]] as const),
  ];
  return names.find(([, isPressed]) => isPressed)?.[0] ?? null;
};

const CHARACTERS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u001b': 'escape',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0003': 'ctrl-c',
};

const isPrintable = (character: string): boolean => !/\p{Cc}/u.test(character);

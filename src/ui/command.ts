// What is typed behind `:`, and text that is being typed at all.
import { nearest } from '../core/model/suggest.ts';
import { VIEW_NAMES, type ViewName } from '../core/model/view-name.ts';
import type { AnyView, Scope } from './view.ts';

export type Command =
  | { readonly kind: 'nothing' | 'quit' | 'help' }
  | { readonly kind: 'show'; readonly view: ViewName; readonly scope: Scope; readonly filter: string }
  | { readonly kind: 'unknown'; readonly says: string };

/** `dlq`, `jobs state=failed`, `jobs report`: a view, what is read of it, and a filter for the rest. */
export const parseCommand = (text: string, views: readonly AnyView[]): Command => {
  const [word = '', ...rest] = text.trim().split(/\s+/);
  if (word === '') return { kind: 'nothing' };
  if (word === 'q' || word === 'quit') return { kind: 'quit' };
  if (word === 'help') return { kind: 'help' };
  const view = VIEW_NAMES.find((each) => each === word);
  if (view === undefined) {
    const guess = nearest(word, VIEW_NAMES);
    const says = guess === null ? `there are: ${VIEW_NAMES.join(', ')}` : `did you mean ${guess}?`;
    return { kind: 'unknown', says: `there is no view "${word}"; ${says}` };
  }
  const scopes = views.find(({ name }) => name === view)?.scopes ?? [];
  const isScope = (each: string): boolean => each.includes('=') && scopes.includes(each.split('=')[0] ?? '');
  const scope = Object.fromEntries(rest.filter(isScope).map((each) => each.split('=')));
  return { kind: 'show', view, scope, filter: rest.filter((each) => !isScope(each)).join(' ') };
};

export const completed = (text: string): string => VIEW_NAMES.find((name) => name.startsWith(text)) ?? text;

/** What stands there once the key is pressed. */
export const typedText = (text: string, key: string): string => {
  if (key === 'backspace') return [...text].slice(0, -1).join('');
  if (key === 'ctrl-u') return '';
  return [...key].length === 1 ? text + key : text;
};

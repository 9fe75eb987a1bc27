// What a view of the dashboard is: where its rows come from, how they look, what can be done with one. All data; drawing
// and keys are elsewhere.

import type { Tone } from '../core/model/tone.ts';
import type { ViewName } from '../core/model/view-name.ts';
import type { Ask } from './fleet-look.ts';

export type { Ask };

export interface Column<Row> {
  /** Upper case, without spaces. */
  readonly header: string;
  readonly cell: (row: Row, nowMs: number) => string;
  readonly tone?: (row: Row) => Tone;
  /** What it is sorted by; default: its text. */
  readonly by?: (row: Row) => number | string;
  /** Where there is no room for all: the lower goes first. Default: stays. */
  readonly rank?: number;
}

/** A line of a detail. */
export interface DetailLine {
  readonly text: string;
  readonly tone?: Tone;
}

/** What must be said before it is done: yes or no; the name of the row, typed; or an answer to a question. */
type Gate = { readonly kind: 'confirm' | 'name' } | { readonly kind: 'answer'; readonly question: string };

export interface Action<Row> {
  readonly key: string;
  readonly label: string;
  readonly gate: Gate;
  /** It may be done to several marked rows: the command takes several ids. */
  readonly isBulk?: true;
  /** What to type for the same without the dashboard: words behind `jobctl`. */
  readonly command: (row: Row, answer: string) => readonly string[];
  /** Resolves with what to say about it. */
  readonly run: (ask: Ask, row: Row, answer: string) => Promise<string>;
}

/** Which rows of a view are read: fields of the query of its list, as `bucket` of jobs. */
export type Scope = Readonly<Record<string, string>>;

export interface View<Row> {
  readonly name: ViewName;
  /** Before an id: `job`. */
  readonly noun: string;
  /** Fields that a scope may have. */
  readonly scopes?: readonly string[];
  readonly load: (ask: Ask, scope: Scope) => Promise<readonly Row[]>;
  readonly id: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** Rows that are the same in this are shown as one, with how many they are, at the key g. */
  readonly groupBy?: (row: Row) => string;
  /** Said when there is no row. */
  readonly empty: string;
  readonly actions: readonly Action<Row>[];
  /** What enter shows; absent: all fields of the row. */
  readonly detail?: (ask: Ask, row: Row) => Promise<readonly DetailLine[]>;
  /** Enter goes to another view, and there to these rows, instead. */
  readonly opens?: (row: Row) => { readonly view: ViewName; readonly scope: Scope };
}

/** Rows of a view are only ever handed back to it. */
export type AnyView = View<never> & { readonly columns: readonly Column<never>[] };
export const defineView = <Row>(view: View<Row>): AnyView => view as unknown as AnyView;

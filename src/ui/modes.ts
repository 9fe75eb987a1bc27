// What lies over a view and takes the keys.
import type { Action, AnyView, DetailLine } from './view.ts';

/** Something that is to be done, before it is confirmed. */
export interface Plan {
  readonly view: AnyView;
  readonly action: Action<never>;
  readonly rows: readonly never[];
}

export type Mode =
  /** A filter or a command is being typed. */
  | { readonly kind: 'input'; readonly prompt: '/' | ':'; readonly text: string }
  /** Yes or no; it begins at no. */
  | { readonly kind: 'confirm'; readonly plan: Plan; readonly isGo: boolean }
  /** A name that must be typed, or the answer to a question. */
  | { readonly kind: 'answer'; readonly plan: Plan; readonly text: string }
  /** Null lines are still being read. */
  | {
      readonly kind: 'detail';
      readonly title: string;
      readonly row: unknown;
      readonly lines: readonly DetailLine[] | null;
      readonly start: number;
    }
  | { readonly kind: 'help'; readonly start: number };

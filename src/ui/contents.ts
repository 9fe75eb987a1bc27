// Lines of what lies over a view, as many as there are; a screen shows some of them.
import { BINDINGS } from './keys.ts';
import type { Mode } from './modes.ts';
import { wrapped } from './rows.ts';
import type { AnyView, DetailLine } from './view.ts';

export const detailLines = ({ lines }: Mode & { readonly kind: 'detail' }, columns: number): readonly DetailLine[] =>
  (lines ?? []).flatMap(({ text, ...look }) => wrapped(text, columns).map((piece) => ({ text: piece, ...look })));

/** What the actions of the view do, and the keys. */
export const helpLines = (view: AnyView | undefined): readonly (readonly [key: string, does: string])[] => [
  ...(view?.actions ?? []).map(({ key, label }) => [key, `${label} (here)`] as const),
  ...BINDINGS.map(({ shown, help }) => [shown, help] as const),
];

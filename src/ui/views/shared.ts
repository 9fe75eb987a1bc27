// What several views say in the same way.
import { ageText } from '../../core/model/age.ts';
import type { DetailLine } from '../view.ts';

export interface Items<Row> {
  readonly items: readonly Row[];
}

/** ISO 8601; null shows as `-`. */
export const ago = (at: string | null, nowMs: number): string => ageText(at === null ? null : Date.parse(at), nowMs);

export const timeOf = (at: string | null): number => (at === null ? Number.POSITIVE_INFINITY : Date.parse(at));

const LABEL_WIDTH = 14;
/** Wider objects are cut: a payload of 64 KB is no use on a screen. */
const VALUE_CHARACTERS_MAX = 2_000;

/** `name:  value`, one fact a line. */
export const facts = (pairs: readonly (readonly [name: string, value: unknown])[]): readonly DetailLine[] =>
  pairs.map(([name, value]) => ({ text: `${`${name}:`.padEnd(LABEL_WIDTH)} ${valueText(value)}` }));

export const allFacts = (row: object): readonly DetailLine[] => facts(Object.entries(row));

export const heading = (text: string): readonly DetailLine[] => [{ text: '' }, { text, tone: 'bold' }];

const valueText = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX)}…`;
};

// What a handler returned, as the JSON text that is kept with the attempt.
import { RESULT_BYTES_MAX } from '../core/model/limits.ts';

/** Longest cut result, characters: escaped and in UTF-8 it stays below the limit. */
const CUT_CHARACTERS = RESULT_BYTES_MAX / 8;

/** Null for undefined. A result that is too long becomes a string of its beginning that says so. Throws on cycles. */
export const resultText = (value: unknown): string | null => {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return null;
  const bytes = Buffer.byteLength(text);
  if (bytes <= RESULT_BYTES_MAX) return text;
  return JSON.stringify(`${text.slice(0, CUT_CHARACTERS)}... (cut: ${bytes} bytes, the limit is ${RESULT_BYTES_MAX})`);
};

/** Keeps the end of what is written to it: that is where an error is. */
export class Tail {
  readonly #charactersMax: number;
  #text = '';
  #isCut = false;

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length <= this.#charactersMax) return;
    this.#text = this.#text.slice(-this.#charactersMax);
    this.#isCut = true;
  }

  toString(): string {
    return this.#isCut ? `(cut) ...${this.#text}` : this.#text;
  }
}

// Reading what a command is fed: a file, `@file`, or stdin as `-`.
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { errorText, usageError } from '../core/model/errors.ts';
import { PAYLOAD_BYTES_MAX } from '../core/model/limits.ts';
import type { Context } from './context.ts';

/** Longest line of a bulk file: a payload, escaped, and what goes with it. */
const LINE_CHARACTERS_MAX = 8 * PAYLOAD_BYTES_MAX;

/** Longest text that is read whole: enough to count the bytes of a payload that is somewhat too large. */
const TEXT_CHARACTERS_MAX = 16 * PAYLOAD_BYTES_MAX;

export interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
}

/** Lines of a file, or of stdin for `-`, without holding more than one. */
export async function* inputLines(context: Context, file: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  for await (const chunk of inputChunks(context, file)) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { number: ++number, text: text.replace(/\r$/, '') };
    if (rest.length > LINE_CHARACTERS_MAX) {
      throw usageError(
        'JOBS_INVALID',
        `line ${number + 1} of ${inputName(file)} is longer than ${LINE_CHARACTERS_MAX} characters`,
        {
          hint: 'write one JSON object a line',
        },
      );
    }
  }
  rest += decoder.decode();
  if (rest !== '') yield { number: number + 1, text: rest };
}

/** A payload: all of a file, or of stdin for `-`. Throws PAYLOAD_TOO_LARGE before it holds much more than a payload may have. */
export const inputText = async (context: Context, file: string): Promise<string> => {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of inputChunks(context, file)) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > TEXT_CHARACTERS_MAX) {
      throw usageError('PAYLOAD_TOO_LARGE', `${inputName(file)} has more than ${TEXT_CHARACTERS_MAX} characters`, {
        detail: `the limit of a payload is ${PAYLOAD_BYTES_MAX} bytes`,
        hint: 'store the data elsewhere and submit a reference to it',
      });
    }
  }
  return text + decoder.decode();
};

export const inputName = (file: string): string => (file === '-' ? 'stdin' : file);

async function* inputChunks(context: Context, file: string): AsyncGenerator<string | Uint8Array> {
  if (file === '-') {
    if (context.io.stdin.isTTY) {
      throw usageError('OPTION_INVALID', 'stdin is a terminal, and "-" reads from a pipe', {
        hint: 'pipe something in, or name a file',
      });
    }
    yield* context.io.stdin;
    return;
  }
  try {
    yield* createReadStream(resolve(context.io.cwd, file));
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

export const unreadable = (file: string, cause: unknown): Error =>
  usageError('FILE_UNREADABLE', `cannot read ${file}`, {
    detail: errorText(cause),
    hint: 'check the path and its permissions',
    cause,
  });

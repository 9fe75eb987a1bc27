// What went wrong, in three lines: what, why, what now. Exit codes are decided here and nowhere else.
import { EXIT, errorText, JobctlError, usageError } from '../core/model/errors.ts';
import { OutputClosed, type OutputStream } from './context.ts';
import type { Style } from './output/style.ts';

export interface FailureOptions {
  readonly stream: OutputStream;
  readonly structured: boolean;
  readonly style: Style;
  /** Shows the stack, too. */
  readonly debug: boolean;
}

/** Prints the error and returns the exit code. */
export const reportFailure = (thrown: unknown, { stream, structured, style, debug }: FailureOptions): number => {
  if (thrown instanceof OutputClosed) return EXIT.ok;
  const error = asJobctlError(thrown);
  try {
    if (structured) stream.write(`${JSON.stringify({ error: errorObject(error) })}\n`);
    else stream.write(failureLines(error, style));
    if (debug && error.cause instanceof Error) stream.write(`${error.cause.stack ?? ''}\n`);
    if (debug) stream.write(`${error.stack ?? ''}\n`);
  } catch (closed) {
    if (!(closed instanceof OutputClosed)) throw closed;
  }
  return error.exitCode;
};

/** The same fields as in the JSON of the error and, later, of the API. */
const errorObject = ({ code, message, detail, hint }: JobctlError): Readonly<Record<string, string>> => ({
  code,
  message,
  ...(detail ? { detail } : {}),
  ...(hint ? { hint } : {}),
});

const failureLines = ({ message, detail, hint }: JobctlError, style: Style): string => {
  const lines = [`${style('bad', 'error:')} ${message}`];
  if (detail) lines.push(...detail.split('\n').map((line) => `  ${line}`));
  if (hint) lines.push(`hint:  ${hint}`);
  return `${lines.join('\n')}\n`;
};

/** Whatever is thrown becomes one of ours; the parser's own errors are usage errors, the rest is a bug. */
export const asJobctlError = (thrown: unknown): JobctlError => {
  if (thrown instanceof JobctlError) return thrown;
  if (isCommanderError(thrown)) return parserError(thrown);
  return new JobctlError('INTERNAL', EXIT.failed, `unexpected: ${errorText(thrown)}`, {
    detail: 'this is a bug in jobctl',
    hint: 'run it again with --debug and report the stack',
    cause: thrown,
  });
};

interface CommanderError extends Error {
  readonly code: string;
  /** Where to read on, when the command is known. */
  readonly helpLine?: string;
}

const isCommanderError = (thrown: unknown): thrown is CommanderError =>
  thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('commander.');

const parserError = ({ code, message, helpLine = 'jobctl --help' }: CommanderError): JobctlError => {
  const [what = '', suggestion = ''] = message.replace(/^error: /, '').split('\n');
  const text = what.replace(/'/g, '"').replace(/\.$/, '');
  const guess = suggestion.replace(/^\(D/, 'd').replace(/\)$/, '');
  const listing = `see \`${helpLine}\``;
  return usageError(code === 'commander.unknownCommand' ? 'COMMAND_UNKNOWN' : 'OPTION_INVALID', text, {
    hint: guess === '' ? listing : `${guess} ${listing}`,
  });
};

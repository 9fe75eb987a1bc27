// Reads the payload of a built-in handler. A payload that is wrong stays wrong: it is not retried.
import type { ZodType } from 'zod';
import type { Outcome } from '../core/ports/handler.ts';

export type Parsed<Payload> =
  | { readonly payload: Payload; readonly failure: null }
  | { readonly payload: null; readonly failure: Outcome };

/** `example` is shown in the error. */
export const parsePayload = <Payload>(schema: ZodType<Payload>, text: string, example: string): Parsed<Payload> => {
  const parsed = schema.safeParse(JSON.parse(text));
  if (parsed.success) return { payload: parsed.data, failure: null };
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at "${issue.path.join('.')}"`;
  const error = `the payload is wrong${at}: ${issue?.message ?? 'it cannot be read'}; it looks like ${example}`;
  return { payload: null, failure: { kind: 'failed', error, retryable: false } };
};

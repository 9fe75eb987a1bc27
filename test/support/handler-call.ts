// Calls a handler as a worker does, and keeps what it said meanwhile.
import type { HandlerContext, HandlerJob } from '../../src/core/ports/handler.ts';
import { fenceOf, jobRow } from './rows.ts';

export const handlerJob = (type: string, payload: unknown, fields: Partial<HandlerJob> = {}): HandlerJob => ({
  id: jobRow({ dueMs: 1_000 }).jobId,
  type,
  payload: JSON.stringify(payload),
  attempt: 1,
  maxAttempts: 5,
  nominalMs: Date.UTC(2027, 0, 1),
  ...fields,
});

export class HandlerCall implements HandlerContext {
  readonly controller = new AbortController();
  readonly fencingToken = fenceOf(2, 3);
  readonly logs: { readonly message: string; readonly fields: unknown }[] = [];
  readonly progressed: unknown[] = [];
  #listener: (() => void) | null = null;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  log(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.logs.push({ message, fields });
    this.#listener?.();
  }

  progress(value: unknown): void {
    this.progressed.push(value);
    this.#listener?.();
  }

  /** Resolves at the first progress. */
  async begun(): Promise<void> {
    while (this.progressed.length === 0) {
      await new Promise<void>((resolve) => {
        this.#listener = resolve;
      });
    }
  }
}

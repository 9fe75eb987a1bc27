// What the main thread and the handlers' thread say to each other. Messages travel in arrays: one post per turn of the
// event loop carries them all, since a post costs more than a no-op job.
import type { Outcome } from '../../core/ports/handler.ts';

export interface RunMessage {
  readonly kind: 'run';
  readonly call: number;
  readonly id: string;
  readonly type: string;
  /** JSON text. */
  readonly payload: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly nominalMs: number;
  readonly fencingToken: number;
}

export type ToThread =
  | RunMessage
  | { readonly kind: 'abort'; readonly call: number; readonly reason: string }
  | { readonly kind: 'ping' };

export type FromThread =
  | { readonly kind: 'ready'; readonly types: readonly string[] }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'done'; readonly call: number; readonly outcome: Outcome }
  | {
      readonly kind: 'log';
      readonly call: number;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'progress'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'pong' };

/** Collects messages and posts them together once everything that follows from the present callback has run. */
export const batched = <Message>(post: (messages: readonly Message[]) => void): ((message: Message) => void) => {
  let batch: Message[] = [];
  return (message) => {
    batch.push(message);
    if (batch.length > 1) return;
    process.nextTick(() => {
      const messages = batch;
      batch = [];
      post(messages);
    });
  };
};

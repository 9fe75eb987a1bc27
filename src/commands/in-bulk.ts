// Jobs for a scheduler's API, many in a request: those that come while one is under way go with the next.
import type { SubmitRequest } from '../core/job/submit-request.ts';
import type { SubmittedView } from '../core/job/submitted-view.ts';
import { MUTATION_BYTES_MAX, MUTATION_ROWS_MAX } from '../core/model/limits.ts';
import type { Ask } from './ask.ts';
import { bodyOf } from './submit-request.ts';

interface Pending {
  readonly request: SubmitRequest;
  readonly resolve: (submitted: SubmittedView) => void;
  readonly reject: (error: unknown) => void;
}

export class InBulk {
  readonly #ask: Ask;
  readonly #allowUnknownType: boolean | undefined;
  #pending: Pending[] = [];
  #isSending = false;

  constructor(ask: Ask, allowUnknownType: boolean | undefined) {
    this.#ask = ask;
    this.#allowUnknownType = allowUnknownType;
  }

  /** Resolves once the job is durable. */
  submit(request: SubmitRequest): Promise<SubmittedView> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ request, resolve, reject });
      if (!this.#isSending) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    await null; // what comes in the same turn goes together
    while (this.#pending.length > 0) {
      const batch = this.#take();
      const jobs = batch.map(({ request }) => ({ ...bodyOf(request), allowUnknownType: this.#allowUnknownType }));
      try {
        const { items } = await this.#ask<{ readonly items: readonly SubmittedView[] }>('jobSubmitMany', {
          body: { jobs },
        });
        for (const [index, { resolve }] of batch.entries()) resolve(items[index] as SubmittedView);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isSending = false;
  }

  /** As many as one request may have. */
  #take(): readonly Pending[] {
    let bytes = 0;
    const over = this.#pending.findIndex(({ request }, index) => {
      bytes += request.payload.length;
      return index === MUTATION_ROWS_MAX || (index > 0 && bytes > MUTATION_BYTES_MAX);
    });
    return this.#pending.splice(0, over === -1 ? this.#pending.length : over);
  }
}

// Something outside that jobs and lock holders change, and that checks fencing tokens: it refuses one lower than the highest
// it has seen, and does the same thing once.

export interface Effect {
  readonly resource: string;
  readonly token: number;
  /** Done at most once under this name. */
  readonly once: string | null;
}

export type EffectAnswer = 'accepted' | 'stale' | 'repeated';

export class FencedResource {
  readonly #highest = new Map<string, number>();
  readonly #done = new Set<string>();

  apply({ resource, token, once }: Effect): EffectAnswer {
    if (token < (this.#highest.get(resource) ?? 0)) return 'stale';
    if (once !== null && this.#done.has(once)) return 'repeated';
    this.#highest.set(resource, token);
    if (once !== null) this.#done.add(once);
    return 'accepted';
  }
}

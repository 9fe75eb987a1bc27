// Time as a port: the whole program can run under virtual time.

/** A moment on this process's monotonic clock, ms. Never comparable with wall time or another process's clock. */
export type MonotonicMs = number & { readonly __monotonic: true };

export interface Clock {
  /** ms since the epoch: for storage and people. */
  wallMs(): number;
  /** ms since some fixed moment, never back: decides trust. */
  monotonicMs(): MonotonicMs;
  /** Resolves after ms, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after ms; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
}

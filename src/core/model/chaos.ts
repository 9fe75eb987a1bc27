// Faults that are made on purpose.

/** What is done to a node: SIGKILL, as a crash; SIGTERM, so that it drains; SIGSTOP: it holds its connections and answers nothing. */
export type NodeBlow = 'kill' | 'stop' | 'pause';

/** How long a fault lasts unless told otherwise, ms, and at most. */
export const FAULT_DEFAULT_MS = 30_000;
export const FAULT_MAX_MS = 600_000;

// Statements of SQLite answer at once: a reader with thousands of them, an owner that takes over a long history, would keep timers and
// sockets waiting until its own lease has run out. So after some ms a read waits for the next turn of the event loop.

/** Longest time for which reads follow each other in one turn, ms. */
const TURN_MS = 10;

/** Wraps a read so that it takes turns with everything else in the process. */
export type TakeTurns = <Given extends readonly unknown[], Found>(
  read: (...given: Given) => Found,
) => (...given: Given) => Promise<Found>;

export const createTurns = (): TakeTurns => {
  /** When the first read of this turn came; null: none yet. */
  let sinceMs: number | null = null;
  const begin = (): void => {
    sinceMs = performance.now();
    setImmediate(() => {
      sinceMs = null;
    });
  };
  const turn = async (): Promise<void> => {
    if (sinceMs === null) begin();
    else if (performance.now() - sinceMs > TURN_MS) await new Promise((resolve) => setImmediate(resolve));
  };
  return (read) =>
    async (...given) => {
      await turn();
      return read(...given);
    };
};

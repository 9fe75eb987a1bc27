// Sets the wall clock of this process, as a machine whose clock is wrong: for faults on purpose, and nothing else.

const real = Date.now;

/** Ahead of the machine's, ms; 0 sets it right. Everything in the process reads it, the driver of the database, too. */
export const setWallClock = (offsetMs: number): void => {
  Date.now = offsetMs === 0 ? real : () => real() + offsetMs;
};

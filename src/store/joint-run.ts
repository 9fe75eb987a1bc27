// Work that many ask for at the same moment, done once for all of them.

/**
 * Whoever asks while a run is under way gets the next one, together with all others who do: what he is given was read after he
 * asked, and two runs serve any number.
 */
export const jointRun = <Result>(run: () => Promise<Result>): (() => Promise<Result>) => {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<Result> | null = null;
  const startAfter = async (before: Promise<unknown>): Promise<Result> => {
    await before.catch(() => undefined);
    next = null;
    const running = run();
    current = running;
    return running;
  };
  return () => {
    next ??= startAfter(current);
    return next;
  };
};

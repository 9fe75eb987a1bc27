// The signals that ask this process to end.

const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndSignal = (typeof END_SIGNALS)[number];

/** Calls back on every one of them instead of dying of it. Returns how to stop listening. */
export const listenToSignals = (listener: (signal: EndSignal) => void): (() => void) => {
  for (const signal of END_SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of END_SIGNALS) process.off(signal, listener);
  };
};

/** SIGUSR2, which Node leaves to programs. Returns how to stop listening. */
export const listenToOrderSignal = (listener: () => void): (() => void) => {
  process.on('SIGUSR2', listener);
  return () => process.off('SIGUSR2', listener);
};

// Time that all processes of this machine share, to put in one order what each of them wrote down.

const NS_PER_MS = 1e6;

/** Since the machine started, ms, with fractions; never goes back. CLOCK_MONOTONIC on Linux: containers share it, too. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / NS_PER_MS;

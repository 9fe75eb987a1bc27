// Repeatable randomness (mulberry32).
import type { Random } from '../core/model/ids.ts';

export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return {
    uint32: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return (mixed ^ (mixed >>> 14)) >>> 0;
    },
  };
};

/** In [0, 1). */
export const chanceOf = (random: Random): number => random.uint32() / 2 ** 32;

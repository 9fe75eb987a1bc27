// Randomness from the operating system, a buffer at a time: one call each would cost a microsecond per job.
import { randomFillSync } from 'node:crypto';
import type { Random } from '../core/model/ids.ts';

const BUFFER_WORDS = 1_024;
const buffer = new Uint32Array(BUFFER_WORDS);
let next = BUFFER_WORDS;

export const systemRandom: Random = {
  uint32: () => {
    if (next >= BUFFER_WORDS) {
      randomFillSync(buffer);
      next = 0;
    }
    const word = buffer[next] ?? 0;
    next += 1;
    return word;
  },
};

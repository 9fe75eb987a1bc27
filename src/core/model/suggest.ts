// Finds the known word nearest to what was typed, for "did you mean ...?".

/** Edits after which two words are no longer taken for the same one. */
const DISTANCE_MAX = 3;

/** The nearest of `known`, or null when none is near: at most a third of the letters may differ. */
export const nearest = (typed: string, known: readonly string[]): string | null => {
  let best: string | null = null;
  let bestDistance = Math.min(DISTANCE_MAX, Math.max(1, Math.floor(typed.length / 2))) + 1;
  for (const word of known) {
    const distance = word.startsWith(typed) && typed.length >= 2 ? 0 : editDistance(typed.toLowerCase(), word);
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
};

/** `did you mean "list"? ` or nothing; goes in front of a hint. */
export const didYouMean = (typed: string, known: readonly string[]): string => {
  const word = nearest(typed, known);
  return word === null ? '' : `did you mean "${word}"? `;
};

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
const editDistance = (left: string, right: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const changed = left[i - 1] === right[j - 1] ? 0 : 1;
      const swap =
        i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
          ? (beforeLast[j - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY;
      row[j] = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + changed, swap);
    }
    beforeLast = last;
    last = row;
  }
  return last[right.length] ?? 0;
};

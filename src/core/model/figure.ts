// Measured numbers for people.

const FIGURES = 3;
const THOUSAND = 1_000;

/** Three figures, which is what a busy machine is exact to; whole from a thousand on. `missing`: what stands for null. */
export const figure = (value: number | null, missing = ''): string => {
  if (value === null) return missing;
  if (Math.abs(value) >= THOUSAND) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(FIGURES)));
};

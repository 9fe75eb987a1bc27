// Ages in the style of kubectl.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Kubernetes' HumanDuration: at most two units, the second one only while it matters. */
export const humanDuration = (durationMs: number): string => {
  const count = (unitMs: number, withinMs = Number.POSITIVE_INFINITY): number =>
    Math.floor((durationMs % withinMs) / unitMs);
  const pair = (first: string, rest: number, unit: string): string => (rest === 0 ? first : `${first}${rest}${unit}`);
  if (durationMs < 2 * MINUTE) return `${count(SECOND)}s`;
  if (durationMs < 10 * MINUTE) return pair(`${count(MINUTE)}m`, count(SECOND, MINUTE), 's');
  if (durationMs < 3 * HOUR) return `${count(MINUTE)}m`;
  if (durationMs < 8 * HOUR) return pair(`${count(HOUR)}h`, count(MINUTE, HOUR), 'm');
  if (durationMs < 2 * DAY) return `${count(HOUR)}h`;
  if (durationMs < 8 * DAY) return pair(`${count(DAY)}d`, count(HOUR, DAY), 'h');
  if (durationMs < 2 * YEAR) return `${count(DAY)}d`;
  if (durationMs < 8 * YEAR) return pair(`${count(YEAR)}y`, count(DAY, YEAR), 'd');
  return `${count(YEAR)}y`;
};

/** `90m` for the past, `+3s` for the future, `-` for no time. */
export const ageText = (atMs: number | null, nowMs: number): string => {
  if (atMs === null) return '-';
  return atMs > nowMs ? `+${humanDuration(atMs - nowMs)}` : humanDuration(nowMs - atMs);
};

// What time it is, by the nodes. One of them may be wrong by hours, and every write and every due time goes by this: so several
// are asked, and the one in the middle is believed.
import type { Cql } from './client.ts';

/** Nodes that are asked: of three one may be wrong. */
const NODES_ASKED = 3;
/** One that does not answer within this is left out, ms. */
const ANSWER_MAX_MS = 500;
const QUERY = 'SELECT toUnixTimestamp(now()) AS now FROM system.local';

/** ms since the epoch, half-way between call and answer. Throws STORE_UNAVAILABLE when no node answers. */
export const wallMsOf = async (cql: Cql): Promise<number> => {
  const calledMs = performance.now();
  const offsets = await cql.eachNode(NODES_ASKED, async (read) => {
    const sentMs = performance.now();
    const [row] = await read(QUERY, ANSWER_MAX_MS);
    return Number(row?.now) - (sentMs + performance.now()) / 2;
  });
  const answeredMs = performance.now();
  if (offsets.length > 0) return middleOf(offsets) + (calledMs + answeredMs) / 2;
  const [row] = await cql.read(QUERY);
  return Number(row?.now);
};

const middleOf = (numbers: readonly number[]): number =>
  numbers.toSorted((left, right) => left - right)[Math.floor((numbers.length - 1) / 2)] ?? 0;

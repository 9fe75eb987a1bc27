// What `nodetool status` prints, as data; the same for a process and a container.
import { errorText } from '../core/model/errors.ts';

export interface RingEntry {
  readonly address: string;
  /** UN, DN, UJ ... */
  readonly state: string;
}

const LINE = /^([UD?][NLJM])\s+(\S+)\s/;

export const parseRing = (text: string): readonly RingEntry[] =>
  text.split('\n').flatMap((line) => {
    const [, state, address] = LINE.exec(line) ?? [];
    return state === undefined || address === undefined ? [] : [{ state, address }];
  });

/** The view of the first node that answers: another may be paused, or still starting. Empty when none does. */
export const firstRing = async <Node>(
  nodes: readonly Node[],
  status: (node: Node) => Promise<string>,
  report: (text: string) => void,
): Promise<readonly RingEntry[]> => {
  for (const node of nodes) {
    try {
      return parseRing(await status(node));
    } catch (error) {
      report(errorText(error));
    }
  }
  return [];
};

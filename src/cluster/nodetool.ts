// What `nodetool status` prints, as data; the same for a process and a container.

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

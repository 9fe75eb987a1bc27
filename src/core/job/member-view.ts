// Live processes as they announced themselves.
import { isoTime } from '../model/time.ts';
import type { MemberStore } from '../ports/store.ts';

export interface MemberView {
  readonly id: string;
  readonly buckets: string;
  readonly types: readonly string[];
  readonly running: number;
  readonly capacity: number;
  readonly address: string;
  readonly session: string;
  readonly version: string;
  readonly startedAt: string;
  readonly seenAt: string;
}

export const memberViews = async (store: MemberStore, role: 'worker' | 'scheduler'): Promise<readonly MemberView[]> =>
  (await store.memberList(role)).map(
    ({ memberId, buckets, types, running, capacity, address, session, version, startedMs, beatMs }) => ({
      ...{ id: memberId, buckets, types, running, capacity, address, session, version },
      ...{ startedAt: isoTime(startedMs), seenAt: isoTime(beatMs) },
    }),
  );

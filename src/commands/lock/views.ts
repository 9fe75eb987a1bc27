// How locks look: in lists, in detail, and as the result of taking one.
import type { LeasedView } from '../../core/lock/lease.ts';
import type { LockState, LockView } from '../../core/lock/lock-view.ts';
import type { Tone } from '../../core/model/tone.ts';
import type { ListView, ResultView } from '../output/out.ts';

export const LOCK_TONES: Readonly<Record<LockState | 'silent', Tone>> = {
  held: 'busy',
  overdue: 'waiting',
  silent: 'waiting',
  free: 'dim',
};

const nameOf = ({ name }: { readonly name: string }): string => `lock/${name}`;

export const LOCK_LIST: ListView<LockView> = {
  name: nameOf,
  columns: [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'STATE', cell: ({ state }) => state, tone: ({ state }) => LOCK_TONES[state] },
    { header: 'TOKEN', cell: ({ token }) => String(token) },
    { header: 'OWNER', cell: ({ owner }) => owner ?? '<none>' },
    { header: 'UNTIL', cell: ({ until }, format) => format.time(until) },
    { header: 'LEASE', cell: ({ leaseMs }) => leaseText(leaseMs), wide: true },
    { header: 'BEAT', cell: ({ beat }) => String(beat ?? '-'), wide: true },
    { header: 'SESSION', cell: ({ session }) => session ?? '<none>', wide: true },
    { header: 'NOTE', cell: ({ note }) => note ?? '-' },
  ],
};

export const LOCK_DETAIL: ResultView<LockView> = {
  name: nameOf,
  text: (lock, format, style) => {
    const { name, state, token, owner, note, session, leaseMs, beat, until } = lock;
    const facts: readonly (readonly [string, string])[] = [
      ['name', name],
      ['state', style(LOCK_TONES[state], state) + EXPLAINED[state]],
      ['token', `${token}${owner === null ? ' (the last one; the next owner gets a higher one)' : ''}`],
      ...(owner === null
        ? []
        : ([
            ['owner', owner],
            ['note', note ?? '-'],
            ['session', `${session}`],
            ['lease', `${leaseText(leaseMs)}, renewed ${beat === 1 ? 'once' : `${beat} times`}`],
            ['until', `${until} (${format.time(until)})`],
          ] as const)),
    ];
    return facts.map(([fact, value]) => `${`${fact}:`.padEnd(10)}${value}`).join('\n');
  },
};

const EXPLAINED: Readonly<Record<LockState, string>> = {
  held: '',
  overdue:
    ': not renewed in time, by the clock of this machine; it passes on once somebody who waits has watched it for its lease',
  free: '',
};

const leaseText = (leaseMs: number | null): string => (leaseMs === null ? '-' : `${leaseMs / 1_000}s`);

export const leasedResult = (done: string): ResultView<LeasedView> => ({
  name: nameOf,
  text: ({ name, token, until, handle }, format) =>
    `lock/${name} ${done}: token ${token}, until ${until} (${format.time(until)})\nhandle: ${handle}`,
});

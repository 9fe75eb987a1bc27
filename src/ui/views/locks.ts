// Locks: who holds them, under which token, and for how long still.
import type { LockView } from '../../core/lock/lock-view.ts';
import type { Tone } from '../../core/model/tone.ts';
import { bar } from '../signs.ts';
import { defineView } from '../view.ts';
import { ago, type Items, timeOf } from './shared.ts';

const BAR_WIDTH = 10;
const TONES: Readonly<Record<LockView['state'], Tone>> = { held: 'busy', overdue: 'waiting', free: 'dim' };

export const locks = defineView<LockView>({
  name: 'locks',
  noun: 'lock',
  scopes: ['scope'],
  load: async (ask, scope) => (await ask<Items<LockView>>('lockList', { query: scope })).items,
  id: ({ name }) => name,
  columns: [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'STATE', cell: ({ state }) => state, tone: ({ state }) => TONES[state] },
    { header: 'OWNER', cell: ({ owner }) => owner ?? '-' },
    { header: 'TOKEN', cell: ({ token }) => String(token), by: ({ token }) => token },
    {
      header: 'TTL',
      cell: ({ until, leaseMs }, nowMs) =>
        until === null || leaseMs === null
          ? '-'
          : `${bar((Date.parse(until) - nowMs) / leaseMs, BAR_WIDTH)} ${ago(until, nowMs)}`,
      by: ({ until }) => timeOf(until),
    },
    { header: 'RENEWED', cell: ({ beat }) => (beat === null ? '-' : `${beat}x`), by: ({ beat }) => beat ?? 0, rank: 1 },
    { header: 'NOTE', cell: ({ note }) => note ?? '-', rank: 0 },
  ],
  empty: "nobody has ever taken a lock here: `jobctl lock run NAME -- COMMAND`; jobctl's own: `:locks scope=all`",
  actions: [
    {
      ...{ key: 'T', label: 'take over', gate: { kind: 'name' } },
      command: ({ name }) => ['lock', 'takeover', name, '--reason', 'from the dashboard'],
      async run(ask, { name, token }) {
        const taken = await ask<{ readonly token: number; readonly leaseMs: number }>('lockTakeover', {
          params: { name },
          body: { expectedToken: token, reason: 'from the dashboard' },
        });
        return `lock/${name} taken over under token ${taken.token}; free again in ${taken.leaseMs / 1_000} s`;
      },
    },
  ],
});

// What has changed since the dashboard was opened; the feed sees to it, there is nothing to read.
import type { FleetChange } from '../../core/fleet-changes.ts';
import { EVENT_KINDS } from '../../core/model/event-kind.ts';
import { defineView } from '../view.ts';

/** `14:02:10` of an ISO time. */
export const clockText = (at: string): string => at.slice(11, 19);

export const events = defineView<FleetChange>({
  name: 'events',
  noun: 'event',
  load: async () => [],
  id: ({ at, subject, text }) => `${at} ${subject} ${text}`,
  columns: [
    { header: 'TIME', cell: ({ at }) => clockText(at) },
    { header: 'KIND', cell: ({ kind }) => kind },
    { header: 'SUBJECT', cell: ({ subject }) => subject },
    { header: 'TEXT', cell: ({ text }) => text, tone: ({ tone }) => tone },
  ],
  empty: `nothing has changed since you looked: ${EVENT_KINDS.join(', ')}`,
  actions: [],
});

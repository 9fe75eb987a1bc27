// Every view but the overview, which is no list.
import type { AnyView } from '../view.ts';
import { cron } from './cron.ts';
import { dlq } from './dlq.ts';
import { events } from './events.ts';
import { buckets, nodes, workers } from './fleet.ts';
import { jobs } from './jobs.ts';
import { locks } from './locks.ts';

export const VIEWS: readonly AnyView[] = [jobs, cron, dlq, locks, buckets, workers, nodes, events];

// The views of the dashboard, in the order of their keys 1 to 9.
export const VIEW_NAMES = [
  'overview',
  'jobs',
  'cron',
  'dlq',
  'locks',
  'buckets',
  'workers',
  'nodes',
  'events',
] as const;
export type ViewName = (typeof VIEW_NAMES)[number];

// How things are coloured, wherever they are shown: by what they mean. Never by colour alone: a word or a sign says the same.
import type { JobState } from './job.ts';

export type Tone = 'plain' | 'dim' | 'bold' | 'good' | 'bad' | 'busy' | 'waiting';

export const STATE_TONES: Readonly<Record<JobState, Tone>> = {
  pending: 'plain',
  running: 'busy',
  retrying: 'waiting',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'dim',
  dlq: 'bad',
};

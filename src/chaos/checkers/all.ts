// Every checker; docs/simulation.md says what each of them claims.
import type { History } from '../history/history.ts';
import { CRON_CHECKERS } from './cron.ts';
import { JOB_CHECKERS } from './jobs.ts';
import { LINEARIZABLE } from './linearizable.ts';
import { LOCK_CHECKERS } from './locks.ts';
import { ORIGIN_CHECKERS } from './origins.ts';
import { PROGRESS_CHECKERS } from './progress.ts';
import { SESSION_CHECKERS } from './sessions.ts';
import { type Checker, judge, type Verdict } from './verdict.ts';

export const CHECKERS: readonly Checker[] = [
  ...LOCK_CHECKERS,
  ...SESSION_CHECKERS,
  LINEARIZABLE,
  ...JOB_CHECKERS,
  ...ORIGIN_CHECKERS,
  ...PROGRESS_CHECKERS,
  ...CRON_CHECKERS,
];

export const judgeAll = (history: History): readonly Verdict[] => CHECKERS.map((checker) => judge(checker, history));

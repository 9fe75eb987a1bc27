// Every scenario, in the order in which they run.
import type { Scenario } from '../scenario.ts';
import { cronFanoutScenario } from './cron.ts';
import { backlogGrowthScenario, historyGrowthScenario } from './growth.ts';
import { lockContendedScenario, lockTakeoverScenario, lockUncontendedScenario } from './locks.ts';
import {
  bucketsScenario,
  drainScenario,
  e2eScenario,
  retryStormScenario,
  scheduleLagScenario,
  workersScenario,
} from './run.ts';
import { idleScenario, recoveryScenario, startupScenario } from './standing.ts';
import { submitApiScenario, submitBulkScenario, submitPayloadScenario, submitScenario } from './submit.ts';

export const SCENARIOS: readonly Scenario[] = [
  submitScenario,
  submitBulkScenario,
  submitApiScenario,
  submitPayloadScenario,
  e2eScenario,
  scheduleLagScenario,
  cronFanoutScenario,
  drainScenario,
  workersScenario,
  bucketsScenario,
  retryStormScenario,
  backlogGrowthScenario,
  historyGrowthScenario,
  lockUncontendedScenario,
  lockContendedScenario,
  lockTakeoverScenario,
  recoveryScenario,
  idleScenario,
  startupScenario,
];

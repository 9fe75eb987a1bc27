// The list of commands. To add one: write its file, put it here, and into a group of help.ts.

import { apiRequest, apiSpec, apiToken } from './api.ts';
import { benchCompare } from './bench/compare.ts';
import { benchList, benchReport, benchShow } from './bench/look.ts';
import { benchRun } from './bench/run.ts';
import { bucketGet, bucketList } from './bucket.ts';
import { bucketDrain, bucketMove, bucketOwners } from './bucket-placement.ts';
import { chaosActor } from './chaos/actor.ts';
import { FAULT_COMMANDS } from './chaos/faults.ts';
import { chaosHeal } from './chaos/heal.ts';
import { chaosList } from './chaos/list.ts';
import { chaosReport } from './chaos/report.ts';
import { chaosCheck, chaosRun } from './chaos/run.ts';
import { chaosScenarios } from './chaos/scenarios.ts';
import { chaosSim } from './chaos/sim.ts';
import { chaosTrouble } from './chaos/trouble.ts';
import { clusterCql } from './cluster/cql.ts';
import { clusterDown } from './cluster/down.ts';
import { clusterLogs } from './cluster/logs.ts';
import { clusterScale } from './cluster/scale.ts';
import { clusterStatus } from './cluster/status.ts';
import { clusterUp } from './cluster/up.ts';
import type { Command } from './command.ts';
import { createCompletion } from './completion.ts';
import { configGet, configPath, configSchemaCommand, configValidate, configView } from './config.ts';
import { configSet, configUse, init } from './config-change.ts';
import { cronDelete, cronPause, cronResume, cronTrigger, cronUpdate } from './cron/control.ts';
import { cronCreate } from './cron/create.ts';
import { cronAudit, cronGet, cronList } from './cron/look.ts';
import { cronNext } from './cron/next.ts';
import { cronBackfill, cronHistory, cronRollback } from './cron/past.ts';
import { dash } from './dash.ts';
import { dbInit, dbMigrate, dbReset, dbStatus } from './db.ts';
import { dbFsck } from './db-fsck.ts';
import { dev } from './dev.ts';
import { dlqDiscard } from './dlq/discard.ts';
import { dlqExport, dlqGet, dlqList } from './dlq/read.ts';
import { dlqRetry } from './dlq/retry.ts';
import { doctor } from './doctor.ts';
import { events } from './events.ts';
import { createHelp } from './help-command.ts';
import { jobCancel, jobReschedule, jobRetry } from './job/control.ts';
import { jobExplain } from './job/explain.ts';
import { jobGet } from './job/get.ts';
import { jobHistory } from './job/history.ts';
import { jobList } from './job/list.ts';
import { jobLogs } from './job/logs.ts';
import { jobWait } from './job/wait.ts';
import { jobWatch } from './job/watch.ts';
import { lockAcquire, lockRelease, lockRenew } from './lock/lease.ts';
import { lockCheck, lockGet, lockList } from './lock/look.ts';
import { lockRun } from './lock/run.ts';
import { lockTakeover } from './lock/takeover.ts';
import { lockWatch } from './lock/watch.ts';
import { schedulerRun } from './scheduler.ts';
import { schedulerList } from './scheduler-list.ts';
import { status } from './status.ts';
import { submit } from './submit.ts';
import { version } from './version.ts';
import { workerList } from './worker.ts';
import { workerRun } from './worker-run.ts';

export const COMMANDS: readonly Command[] = [
  dev,
  doctor,
  createHelp(() => COMMANDS),
  createCompletion(() => COMMANDS),
  submit,
  jobGet,
  jobList,
  jobWatch,
  jobWait,
  jobCancel,
  jobRetry,
  jobReschedule,
  jobHistory,
  jobLogs,
  jobExplain,
  dlqList,
  dlqGet,
  dlqRetry,
  dlqDiscard,
  dlqExport,
  lockRun,
  lockAcquire,
  lockRenew,
  lockRelease,
  lockCheck,
  lockTakeover,
  lockList,
  lockGet,
  lockWatch,
  cronCreate,
  cronList,
  cronGet,
  cronUpdate,
  cronPause,
  cronResume,
  cronTrigger,
  cronDelete,
  cronAudit,
  cronBackfill,
  cronHistory,
  cronRollback,
  cronNext,
  schedulerRun,
  schedulerList,
  apiRequest,
  apiSpec,
  apiToken,
  workerRun,
  workerList,
  bucketList,
  bucketGet,
  bucketOwners,
  bucketMove,
  bucketDrain,
  clusterUp,
  clusterStatus,
  clusterCql,
  clusterLogs,
  clusterScale,
  clusterDown,
  ...FAULT_COMMANDS,
  chaosRun,
  chaosScenarios,
  chaosCheck,
  chaosReport,
  chaosActor,
  chaosTrouble,
  chaosSim,
  chaosHeal,
  chaosList,
  benchRun,
  benchList,
  benchShow,
  benchCompare,
  benchReport,
  dash,
  status,
  events,
  dbInit,
  dbMigrate,
  dbStatus,
  dbReset,
  dbFsck,
  init,
  configView,
  configGet,
  configSet,
  configUse,
  configPath,
  configValidate,
  configSchemaCommand,
  version,
];

// Bugs to be planted: each a piece of the source as it is, and as a hasty hand might have written it. The loader puts them
// in while the modules load, in the simulation only; a canary that no checker catches fails the run.

import type { Canary } from './canary.ts';
import { CRON_CANARIES } from './cron-canaries.ts';

const SESSION = 'src/core/lock/session.ts';
const WATCHER = 'src/core/lock/watcher.ts';
const ACQUIRE = 'src/core/lock/acquire.ts';
const STORE = 'src/sim/cassandra/store.ts';
const RECORDER = 'src/core/worker/recorder.ts';
const DISPATCHER = 'src/core/worker/dispatcher.ts';
const READER = 'src/core/worker/reader.ts';
const SUBMIT = 'src/core/job/submit.ts';

export const CANARIES: readonly Canary[] = [
  ...CRON_CANARIES,
  {
    name: 'no-takeover-sync',
    bug: 'a new owner does not look for attempts that were running',
    world: 'takeover',
    seedsMax: 20,
    edits: [
      {
        file: 'src/core/worker/takeover.ts',
        from: 'if (isOrphan(owner, truth)) unfinished',
        to: 'if (owner.token < 0 && isOrphan(owner, truth)) unfinished',
      },
    ],
  },
  {
    name: 'truth-before-pointer',
    bug: 'the truth of a retry is written before the pointer that leads on',
    world: 'jobs',
    seedsMax: 5,
    edits: [
      {
        file: RECORDER,
        from: '(await this.#writeLeads(batch)) && (await this.#writeTruths(batch))',
        to: '(await this.#writeTruths(batch)) && (await this.#writeLeads(batch))',
      },
    ],
  },
  {
    name: 'trust-from-response',
    bug: 'trust is counted from the answer to a renewal, not from before it was sent',
    world: 'zombies',
    seedsMax: 20,
    from: 140,
    edits: [
      { file: SESSION, from: '      this.#trustFrom(sentMs);\n', to: '      this.#trustFrom(clock.monotonicMs());\n' },
    ],
  },
  {
    name: 'take-without-ending',
    bug: 'a lock is taken from a session that was not ended first',
    world: 'locks',
    seedsMax: 20,
    edits: [
      {
        file: WATCHER,
        from: 'const outcome = await store.sessionEnd({ id, beat: row.beat, operationId });',
        to: "const outcome = 'applied' as import('../model/lock.ts').CasOutcome; void operationId;",
      },
    ],
  },
  {
    name: 'end-without-beat',
    bug: 'a session is ended whatever its beat is by then',
    world: 'zombies',
    seedsMax: 20,
    from: 4_200,
    edits: [
      {
        file: STORE,
        from: 'row?.live && row.beat === beat ? { ...row, live: false, operationId } : undefined',
        to: 'row?.live && beat >= 0 ? { ...row, live: false, operationId } : undefined',
      },
    ],
  },
  {
    name: 'adopt',
    bug: 'a lock row that names my session is taken for mine, without a new token',
    world: 'locks',
    seedsMax: 50,
    edits: [
      {
        file: ACQUIRE,
        from: '  const operationId = makeOperationId(random);\n  const expected',
        to: "  if (row !== null && owner === lock.session) return { kind: 'acquired', token: row.token };\n  const operationId = makeOperationId(random);\n  const expected",
      },
    ],
  },
  {
    name: 'half-a-lease',
    bug: 'a watcher waits half a lease',
    world: 'locks',
    seedsMax: 20,
    edits: [
      {
        file: WATCHER,
        from: '=> leaseMs + leaseMarginMs(leaseMs)',
        to: '=> leaseMs / 2 + leaseMarginMs(0)',
      },
    ],
  },
  {
    name: 'token-reused',
    bug: 'a lock that was released is acquired again under the same token',
    world: 'locks',
    seedsMax: 5,
    edits: [
      {
        file: STORE,
        from: '((row?.token ?? 0) + 1)',
        to: '((row?.token ?? 0) + (row?.session === null ? 0 : 1))',
      },
    ],
  },
  {
    name: 'unknown-as-failed',
    bug: 'a submit without an answer is taken for failed, and made again under a new id',
    world: 'late',
    seedsMax: 50,
    edits: [
      {
        file: SUBMIT,
        from: '    } catch (error) {\n      for (const entry of group.entries) entry.reject(error);\n      return;\n    }',
        to: '    } catch {\n      for (const entry of group.entries) this.#pending.push({ ...entry, id: null, bucket: null });\n      return;\n    }',
      },
      { file: SUBMIT, from: 'const WRITE_TRIES_MAX = 4;', to: 'const WRITE_TRIES_MAX = 1;' },
    ],
  },
  {
    name: 'unknown-as-applied',
    bug: 'an acquisition without an answer is taken for granted',
    world: 'locks',
    seedsMax: 20,
    edits: [
      {
        file: ACQUIRE,
        from: 'if (after === null || after.operationId !== operationId || after.session !== lock.session)',
        to: 'if (after === null)',
      },
    ],
  },
  {
    name: 'no-overlap',
    bug: 'what was read once is never looked at again: neither sweeps overlap nor are rows re-read',
    world: 'late',
    seedsMax: 120,
    edits: [
      { file: READER, from: 'const OVERLAP_MS = 100;', to: 'const OVERLAP_MS = 0;' },
      {
        file: READER,
        from: 'await this.#rereadWindow(current, nowMs - reread.windowMs, nowMs);',
        to: 'void this.#rereadWindow;',
      },
      { file: READER, from: 'aheadMs > 0 ? nowMs - RECENT.windowMs : nowMs', to: 'nowMs' },
    ],
  },
  {
    name: 'stale-pointer',
    bug: 'a retry pointer is obeyed whatever the truth is by now',
    world: 'takeover',
    seedsMax: 20,
    edits: [
      {
        file: 'src/core/worker/judge.ts',
        from: "if (isCurrent && truth !== undefined && isWaiting(truth.state)) return { kind: 'run' };",
        to: "if (isCurrent || isWaiting('running') || truth !== undefined) return { kind: 'run' };",
      },
    ],
  },
  {
    name: 'mark-past-running',
    bug: 'the low-water mark passes jobs that are running',
    world: 'takeover',
    seedsMax: 20,
    edits: [
      {
        file: 'src/core/worker/owned-bucket.ts',
        from: 'else lowWaterMs = Math.min(lowWaterMs, item.foundMs);',
        to: "else if (item.stage === 'ready') lowWaterMs = Math.min(lowWaterMs, item.foundMs);",
      },
    ],
  },
  {
    name: 'attempt-not-awaited',
    bug: 'the handler starts before its attempt row is acknowledged',
    world: 'jobs',
    seedsMax: 5,
    edits: [
      {
        file: DISPATCHER,
        from: "const isDurable = await persist(this.#scope, 'claim', () => store.append(mutation));",
        to: "const isDurable = true; void persist(this.#scope, 'claim', () => store.append(mutation));",
      },
    ],
  },
  {
    name: 'flush-after-trust',
    bug: 'outcomes are written though the session is no longer trusted',
    world: 'zombies',
    seedsMax: 50,
    edits: [
      {
        file: 'src/core/worker/scope.ts',
        from: '; scope.session.isTrusted(); retryMs',
        to: '; ; retryMs',
      },
      {
        file: DISPATCHER,
        from: "if (item.stopped === 'lost' || !this.#scope.session.isTrusted()) this.#drop",
        to: "if (item.stopped === 'timed-out' && item.deadLetter !== null) this.#drop",
      },
    ],
  },
  {
    name: 'purge-unfinished',
    bug: 'a slot is deleted without a look at its jobs',
    world: 'retention',
    seedsMax: 100,
    edits: [
      {
        file: 'src/core/worker/auditor.ts',
        from: 'isOver &&= endedMs !== null && endedMs < endedBeforeMs;',
        to: 'isOver &&= endedMs === null || endedMs < endedBeforeMs;',
      },
    ],
  },
  {
    name: 'ahead-of-time',
    bug: 'what a sweep sees ahead, five seconds here, is taken in hand as if it were due',
    world: 'takeover',
    seedsMax: 20,
    edits: [
      { file: 'src/core/worker/read-loop.ts', from: 'const IDLE_MS = 1_000;', to: 'const IDLE_MS = 5_000;' },
      {
        file: READER,
        from: 'const due = rows.filter((row) => table.dueMs(row) <= toMs);',
        to: 'const due = rows;',
      },
    ],
  },
  {
    name: 'sweep-too-far',
    bug: 'a sweep reaches back behind the ids that are remembered',
    world: 'takeover',
    seedsMax: 200,
    edits: [{ file: READER, from: 'const SWEEP_SPAN_MS = 10_000;', to: 'const SWEEP_SPAN_MS = 120_000;' }],
  },
  {
    name: 'wall-clock-alone',
    bug: 'a clock that was set by an hour is followed',
    world: 'retention',
    seedsMax: 40,
    edits: [
      {
        file: 'src/core/store-time.ts',
        from: '> STEP_MS + elapsedMs * RATE_SHARE ? stepMs : 0',
        to: '> Infinity ? stepMs : 0',
      },
    ],
  },
  {
    name: 'own-timestamps',
    bug: 'writes are stamped by the clock of the machine',
    world: 'retention',
    seedsMax: 10,
    from: 1_010,
    edits: [
      { file: 'src/core/model/write-clock.ts', from: '=== null ? clocks.wallMs()', to: '!== 0 ? clocks.wallMs()' },
    ],
  },
  {
    name: 'pin-obeyed-blindly',
    bug: 'a bucket is kept for a worker that is not there, because it was pinned to it',
    world: 'rebalance',
    seedsMax: 30,
    edits: [
      {
        file: 'src/core/worker/assignment.ts',
        from: 'pin !== undefined && pool.includes(pin)',
        to: 'pin !== undefined',
      },
    ],
  },
  {
    name: 'held-without-trust',
    bug: 'a program believes that it holds its lock until it is told otherwise',
    world: 'programs',
    seedsMax: 20,
    edits: [{ file: 'src/core/lock/held-lock.ts', from: 'null && this.#session.isTrusted()', to: 'null' }],
  },
];

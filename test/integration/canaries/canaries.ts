// Bugs that a run on real nodes must catch: planted into the source while the processes of the run load it.
import type { Edit } from '../../simulation/canary.ts';

export interface RealCanary {
  readonly name: string;
  /** What is wrong with it. */
  readonly bug: string;
  /** The scenario of the library in which it shows. */
  readonly scenario: string;
  /** Who catches it: any of these. */
  readonly by: readonly string[];
  readonly edits: readonly Edit[];
}

export const REAL_CANARIES: readonly RealCanary[] = [
  {
    name: 'no-fencing',
    bug: 'a process believes in its session for ever, and the resource takes whatever token comes',
    scenario: 'zombie-worker',
    by: ['I1', 'F1'],
    edits: [
      {
        file: 'src/core/lock/session.ts',
        from: 'if (this.#deps.clock.monotonicMs() < this.#trustedUntilMs) return true;',
        to: 'if (this.#trustedUntilMs > 0) return true;',
      },
      {
        file: 'src/chaos/workload/resource.ts',
        from: "if (token < (this.#highest.get(resource) ?? 0)) return 'stale';",
        to: '',
      },
    ],
  },
  {
    name: 'double-claim',
    bug: 'a new owner claims what it finds, whatever became of it',
    scenario: 'zombie-worker',
    by: ['I5'],
    edits: [
      {
        file: 'src/core/worker/intake.ts',
        from: 'if (owner.decided.delete(job.jobId) || truth !== undefined) continue;',
        to: 'if (owner.decided.delete(job.jobId)) continue;',
      },
    ],
  },
  {
    name: 'lost-submit',
    bug: 'some writes are acknowledged, and not made',
    scenario: 'kill-node',
    by: ['J1'],
    edits: [
      {
        file: 'src/core/job/submit.ts',
        from: 'return await this.#deps.store.append(mutation);',
        to: `const isLost = mutation.jobs?.[0]?.payload.includes('"tag":"t1') === true;
        return isLost ? undefined : await this.#deps.store.append(mutation);`,
      },
    ],
  },
  {
    name: 'early-cron',
    bug: 'slots are fired five seconds before their time',
    scenario: 'kill-node',
    by: ['C2'],
    edits: [
      {
        file: 'src/core/cron/owned-shard.ts',
        from: 'const nowMs = time.nowMs();',
        to: 'const nowMs = time.nowMs() + 5_000;',
      },
    ],
  },
];

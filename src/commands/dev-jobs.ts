// The jobs that `jobctl dev` submits: each shows one thing that can become of a job.
import type { SubmitRequest } from '../core/job/submit.ts';

interface DemoJob {
  readonly does: string;
  readonly request: SubmitRequest;
}

const command = (...words: readonly string[]): string => JSON.stringify({ command: words });
/** Wait between the attempts of the demo, ms. */
const backoff = { kind: 'fixed', baseMs: 500, maxMs: 500, jitter: 0 } as const;

export const DEMO_JOBS: readonly DemoJob[] = [
  { does: 'succeeds', request: { type: 'exec', payload: command('echo', 'hello from jobctl') } },
  {
    does: 'fails once, then succeeds',
    request: {
      type: 'exec',
      payload: command('sh', '-c', 'test "$JOBCTL_ATTEMPT" -ge 2 || { echo "not yet" >&2; exit 1; }; echo "got it"'),
      spec: { maxAttempts: 3, backoff },
    },
  },
  {
    does: 'fails twice and becomes a dead letter',
    request: {
      type: 'exec',
      payload: command('sh', '-c', 'echo "no luck" >&2; exit 1'),
      spec: { maxAttempts: 2, backoff },
    },
  },
  { does: 'waits 2 s, then runs', request: { type: 'exec', payload: command('date'), delayMs: 2_000 } },
];

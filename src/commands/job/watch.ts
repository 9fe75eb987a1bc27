// jobctl job watch: one line for every change of a job, until each has its outcome.
import { parseDuration } from '../../config/parse/duration.ts';
import type { JobChange } from '../../core/changes.ts';
import { waitTimeout } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { isTerminalJob, type JobState } from '../../core/model/job.ts';
import { EVENT_SUBJECTS_MAX } from '../../core/model/limits.ts';
import { STATE_TONES } from '../../core/model/tone.ts';
import { API_OPTIONS } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import { inParallel, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';
import { jobChanges } from './changes.ts';
import { exitOf, WAIT_DEFAULT_MS } from './outcome.ts';

const VIEW: ResultView<JobChange> = {
  name: ({ id }) => `job/${id}`,
  text: ({ at, id, state, attempt, error }, _format, style) =>
    `${at}  job/${id}  ${style(STATE_TONES[state], state.padEnd(9))}  attempt ${attempt}  ${error ?? ''}`.trimEnd(),
};

export const jobWatch = defineCommand({
  name: 'job watch',
  summary: 'print every change of jobs until they have their outcome',
  arguments: '<id...>',
  details: 'With -o json a change is one line. Exit codes are those of `jobctl job wait`.',
  options: { waitTimeout: option('<duration>', 'how long to watch (default 10m)', parseDuration), ...API_OPTIONS },
  examples: [
    { does: 'one job', line: 'jobctl job watch 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'for a program', line: 'jobctl job watch 00ag1mdz4r8v0cm9v6k2q7n5xs -o jsonl' },
  ],
  async run(context, args, { waitTimeout: waitMs = WAIT_DEFAULT_MS, api }) {
    const ids = await readIds(context, args);
    const sink = context.out.results<JobChange>('stream', VIEW);
    const late = new AbortController();
    const cancel = context.clock.after(waitMs, () => late.abort());
    const states = new Map<JobId, JobState>();
    const groups = Array.from({ length: Math.ceil(ids.length / EVENT_SUBJECTS_MAX) }, (_, index) =>
      ids.slice(index * EVENT_SUBJECTS_MAX, (index + 1) * EVENT_SUBJECTS_MAX),
    );
    await inParallel(groups, async (group) => {
      for await (const change of jobChanges(context, { api }, group, late.signal)) {
        states.set(change.id, change.state);
        sink.add(change);
      }
    });
    cancel();
    sink.end();
    const open = ids.find((id) => !isTerminalJob(states.get(id) ?? 'pending'));
    if (open !== undefined) throw waitTimeout(open, states.get(open) ?? 'pending', waitMs);
    return exitOf([...states.values()]);
  },
});

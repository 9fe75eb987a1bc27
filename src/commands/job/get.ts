// jobctl job get: everything about a job, its attempts as a timeline.
import type { JobView } from '../../core/job/view.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { forEachId, readIds } from '../ids.ts';
import { JOB_DETAIL } from './views.ts';

export const jobGet = defineCommand({
  name: 'job get',
  summary: 'show jobs with their attempts',
  arguments: '<id...>',
  options: API_OPTIONS,
  examples: [
    { does: 'one job', line: 'jobctl job get 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'its last error', line: "jobctl job get 00ag1mdz4r8v0cm9v6k2q7n5xs -o json | jq -r '.attempts[-1].error'" },
  ],
  async run(context, args, { api }) {
    const ids = await readIds(context, args);
    const ask = await asker(context, { api });
    return forEachId(context, ids, JOB_DETAIL, (id) => ask<JobView>('jobGet', { params: { id } }));
  },
});

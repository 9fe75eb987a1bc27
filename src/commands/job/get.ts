// jobctl job get: everything about a job, its attempts as a timeline.
import { jobMissing } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { forEachId, readIds } from '../ids.ts';
import { JOB_DETAIL } from './views.ts';

export const jobGet = defineCommand({
  name: 'job get',
  summary: 'show jobs with their attempts',
  arguments: '<id...>',
  options: {},
  examples: [
    { does: 'one job', line: 'jobctl job get 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'its last error', line: "jobctl job get 00ag1mdz4r8v0cm9v6k2q7n5xs -o json | jq -r '.attempts[-1].error'" },
  ],
  async run(context, args) {
    const { jobGet: get } = await import('../../core/job/view.ts');
    const ids = await readIds(context, args);
    const store = await context.store();
    return forEachId(context, ids, JOB_DETAIL, async (id) => {
      const job = await get(store, id);
      if (job === null) throw jobMissing(id);
      return job;
    });
  },
});

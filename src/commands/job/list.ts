// jobctl job list: newest facts about many jobs, a page at a time.

import { bucketsText } from '../../config/parse/buckets.ts';
import { parsePastMoment, resolveMoment } from '../../config/parse/time.ts';
import { listOf, parseText, parseTexts } from '../../config/parse/values.ts';
import type { JobPage } from '../../core/job/list.ts';
import { EXIT } from '../../core/model/errors.ts';
import { JOB_STATES } from '../../core/model/job.ts';
import { LIST_ROWS_DEFAULT } from '../../core/model/limits.ts';
import { isoTime } from '../../core/model/time.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import { PAGE_OPTIONS, showPage } from '../page.ts';
import { WATCH_OPTIONS, watchList } from '../watching.ts';
import { JOB_LIST } from './views.ts';

export const jobList = defineCommand({
  name: 'job list',
  summary: 'list jobs',
  options: {
    state: option('<states>', `of these: ${JOB_STATES.join(', ')}`, listOf(JOB_STATES)),
    type: option('<types>', 'of these types', parseTexts),
    bucket: option('<range>', 'in these buckets, as 0-3', parseText),
    since: option('<time>', 'due after this: 1h (ago), or an ISO time', parsePastMoment),
    until: option('<time>', 'due before this', parsePastMoment),
    ...PAGE_OPTIONS,
    ...WATCH_OPTIONS,
    ...API_OPTIONS,
  },
  examples: [
    { does: 'what went wrong in the last hour', line: 'jobctl job list --state failed,dlq --since 1h' },
    {
      does: 'ids only, for another command',
      line: 'jobctl job list --state pending --type report -o name | jobctl job cancel -',
    },
  ],
  async run(context, _args, { state, type, bucket, since, until, limit = LIST_ROWS_DEFAULT, next, watch, api }) {
    const ask = await asker(context, { api });
    const nowMs = context.clock.wallMs();
    const query = {
      ...{ state: state?.join(','), type: type?.join(','), bucket: bucketsText(bucket), limit, next },
      since: since === undefined ? undefined : isoTime(resolveMoment(since, nowMs)),
      until: until === undefined ? undefined : isoTime(resolveMoment(until, nowMs)),
    };
    const look = () => ask<JobPage>('jobList', { query });
    if (watch === true) return watchList(context, look, JOB_LIST);
    showPage(context, await look(), JOB_LIST);
    return EXIT.ok;
  },
});

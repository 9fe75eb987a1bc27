// jobctl db fsck: unfinished jobs that nothing leads to any more, on any store; and how to mend them.
import { parseText } from '../config/parse/values.ts';
import type { FsckView } from '../core/job/fsck.ts';
import { EXIT } from '../core/model/errors.ts';
import { defineCommand, flag, option } from './command.ts';
import type { ResultView } from './output/out.ts';
import { assertRuns } from './plan.ts';

const VIEW: ResultView<FsckView> = {
  name: ({ bucket }) => `bucket/${bucket}`,
  text: ({ bucket, jobs, unfinished, strandedCount, stranded, repaired }) => {
    const found = strandedCount === 0 ? 'none stranded' : `${strandedCount} STRANDED, ${repaired} repaired`;
    const lines = stranded.map(({ id, state, dueAt }) => `  job/${id} ${state}, due ${dueAt}`);
    return [`bucket/${bucket}: ${jobs} jobs looked at, ${unfinished} unfinished, ${found}`, ...lines].join('\n');
  },
};

export const dbFsck = defineCommand({
  name: 'db fsck',
  summary: 'look for unfinished jobs that nothing leads to any more; --repair mends them',
  details: `Reads every job behind the low-water mark of its bucket, finished ones too: a million take minutes. Workers may go on
meanwhile. jobctl leaves no job stranded; a backup that was restored in part, or rows that a node lost, can. --repair writes
the pointer that is missing, and a worker that owns the bucket runs the job. Exit code 6 when stranded jobs are left.`,
  options: {
    buckets: option('<range>', 'only these, as 0-3 (default auto: all)', parseText),
    repair: flag('lead workers to the jobs that are stranded'),
  },
  examples: [
    { does: 'look, and change nothing', line: 'jobctl db fsck' },
    { does: 'mend, and name what was stranded', line: "jobctl db fsck --repair -o json | jq '.items[].stranded[].id'" },
  ],
  async run(context, _args, { buckets = 'auto', repair: isAsked = false }) {
    const repair = isAsked && !context.flags.dryRun;
    if (repair) assertRuns(context, { name: 'db fsck --repair', changes: 'itself' });
    const { fsckBucket } = await import('../core/job/fsck.ts');
    const { parseBuckets } = await import('../config/parse/buckets.ts');
    const store = await context.store();
    const sink = context.out.results('many', VIEW);
    let left = 0;
    for (const bucket of parseBuckets(buckets, store.bucketCount)) {
      const view = await fsckBucket(store, bucket, { repair, nowMs: await store.wallMs() });
      left += view.strandedCount - view.repaired;
      sink.add(view);
    }
    sink.end();
    if (left === 0) return EXIT.ok;
    context.note(`${left} jobs are stranded; lead workers to them with \`jobctl db fsck --repair\``);
    return EXIT.checkFailed;
  },
});

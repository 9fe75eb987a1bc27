// A process of its own for the tests of the embedded store: appends jobs one after the other and prints each id once it is
// acknowledged. Arguments: store URL, number of jobs.
import { slotOf } from '../../../src/core/model/ids.ts';
import { openStore } from '../../../src/store/open.ts';
import { bucketOf, jobRow } from '../../support/rows.ts';

const [url = '', count = '0'] = process.argv.slice(2);
await using store = await openStore(url);
for (let index = 0; index < Number(count); index += 1) {
  const dueMs = Date.now();
  const job = jobRow({ dueMs }, { payload: JSON.stringify({ process: process.pid, index }) });
  const jobId = `${job.jobId.slice(0, 13)}${Math.random()
    .toString(32)
    .slice(2)
    .padEnd(13, '0')
    .slice(0, 13)
    .replace(/[ilou]/g, 'z')}` as typeof job.jobId;
  await store.append({ bucket: bucketOf(3), slot: slotOf(dueMs), jobs: [{ ...job, jobId }] });
  process.stdout.write(`${jobId}\n`);
}

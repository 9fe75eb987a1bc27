// jobctl cluster status: each node, as the operating system and as the ring sees it.
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { openCluster, SELECTION } from './options.ts';
import { NODE_LIST } from './views.ts';

export const clusterStatus = defineCommand({
  name: 'cluster status',
  summary: 'show the nodes: process, state in the ring, memory',
  details: `STATE is what the first node that answers says of the others (nodetool status): U or D for up or down, then N, L, J or M
for normal, leaving, joining or moving. It takes 20 s until the ring notices that a node has gone; PROCESS is what is true now.`,
  options: SELECTION,
  examples: [
    { does: 'a table', line: 'jobctl cluster status' },
    {
      does: 'the nodes that do not run',
      line: 'jobctl cluster status -o json | jq -r \'.items[] | select(.process != "up").name\'',
    },
  ],
  async run(context, _args, which) {
    const cluster = await openCluster(context, which);
    context.out.list({ items: await cluster.status() }, NODE_LIST);
    return EXIT.ok;
  },
});

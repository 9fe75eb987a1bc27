// jobctl cluster scale: more nodes, or fewer.

import { START_TIMEOUT_DEFAULT_MS } from '../../core/model/cluster.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { nodesOption, openCluster, SELECTION, startTimeoutOption } from './options.ts';
import { NODE_LIST } from './views.ts';

export const clusterScale = defineCommand({
  name: 'cluster scale',
  changes: 'itself',
  summary: 'change the number of nodes of a running cluster',
  details: `New nodes join one after the other. Fewer: the last ones hand over their data and leave for good (nodetool decommission),
which is refused while a keyspace wants more replicas than nodes would remain. At least one stays: \`jobctl cluster down\` ends it.`,
  options: { ...SELECTION, nodes: nodesOption('how many there shall be'), startTimeout: startTimeoutOption },
  examples: [
    { does: 'two more than the usual three', line: 'jobctl cluster scale --nodes 5' },
    { does: 'back to three', line: 'jobctl cluster scale --nodes 3' },
  ],
  async run(context, _args, { nodes, startTimeout = START_TIMEOUT_DEFAULT_MS, ...which }) {
    if (nodes === undefined) {
      throw usageError('OPTION_INVALID', '--nodes is missing', { hint: 'say how many: --nodes 5' });
    }
    const cluster = await openCluster(context, which);
    const items = await cluster.scale(nodes, startTimeout);
    context.out.list({ items }, NODE_LIST);
    return EXIT.ok;
  },
});

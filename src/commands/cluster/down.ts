// jobctl cluster down: stops every node; with --volumes what they stored goes, too.
import { parseText } from '../../config/parse/values.ts';
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand, flag, option } from '../command.ts';
import { confirmName } from '../confirm.ts';
import { openCluster, SELECTION } from './options.ts';

export const clusterDown = defineCommand({
  name: 'cluster down',
  changes: 'itself',
  summary: 'stop the nodes; their data stays for the next `cluster up`',
  options: {
    ...SELECTION,
    volumes: flag('also delete everything they stored'),
    confirm: option('<name>', 'the name of the cluster again, where nobody can be asked; with --yes', parseText),
  },
  examples: [
    { does: 'stop them', line: 'jobctl cluster down' },
    { does: 'and delete their data, in a script', line: 'jobctl cluster down --volumes --yes --confirm jobctl' },
  ],
  async run(context, _args, { volumes = false, confirm, ...which }) {
    const cluster = await openCluster(context, which);
    if (volumes) {
      const nodes = await cluster.status();
      const what = `cluster ${cluster.name} (${cluster.kind}): ${nodes.map(({ name }) => name).join(', ')}`;
      const question = { what, does: 'stop it and delete all its data', name: cluster.name, given: confirm };
      if (!(await confirmName(context, question))) return EXIT.ok;
    }
    const nodes = await cluster.down(volumes ? 'delete' : 'keep');
    context.out.result(
      { name: cluster.name, runtime: cluster.kind, nodes, deleted: volumes },
      {
        name: ({ name }) => `cluster/${name}`,
        text: ({ name }) => `cluster/${name} ${volumes ? 'deleted' : 'stopped'}`,
      },
    );
    return EXIT.ok;
  },
});

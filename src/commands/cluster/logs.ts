// jobctl cluster logs: what the nodes log.
import { wholeNumber } from '../../config/parse/values.ts';
import { EXIT } from '../../core/model/errors.ts';
import type { LogLine } from '../../core/ports/cluster.ts';
import { defineCommand, type Option, option } from '../command.ts';
import { openCluster, SELECTION } from './options.ts';

const LINES_DEFAULT = 50;
const LINES_MAX = 100_000;

const follow: Option<boolean> = { summary: 'go on until Ctrl-C', short: 'F', parse: () => true };

export const clusterLogs = defineCommand({
  name: 'cluster logs',
  summary: 'show the last lines that the nodes logged',
  arguments: '[node]',
  options: {
    ...SELECTION,
    follow,
    lines: option('<n>', `how many of each node (default ${LINES_DEFAULT})`, wholeNumber(0, LINES_MAX)),
  },
  examples: [
    { does: 'of all nodes', line: 'jobctl cluster logs' },
    { does: 'follow one of them', line: 'jobctl cluster logs cassandra-2 -F' },
  ],
  async run(context, [node], { follow: follows = false, lines = LINES_DEFAULT, ...which }) {
    const cluster = await openCluster(context, which);
    const { stop } = context.shutdown();
    const sink = context.out.results<LogLine>('stream', {
      name: (line) => `node/${line.node}`,
      text: (line) => (node === undefined ? `${line.node} | ${line.line}` : line.line),
    });
    const end = follows ? 'follow' : 'last-line';
    for await (const line of cluster.logs({ node, lines, end, signal: stop })) sink.add(line);
    sink.end();
    return stop.aborted ? EXIT.interrupted : EXIT.ok;
  },
});

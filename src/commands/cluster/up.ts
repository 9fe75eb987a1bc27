// jobctl cluster up: Cassandra nodes on this machine, as processes or containers.
import { parseText } from '../../config/parse/values.ts';
import { START_TIMEOUT_DEFAULT_MS } from '../../core/model/cluster.ts';
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand, option } from '../command.ts';
import { nodesOption, openCluster, parseHeap, SELECTION, startTimeoutOption } from './options.ts';
import { showStarted } from './views.ts';

export const clusterUp = defineCommand({
  name: 'cluster up',
  changes: 'itself',
  summary: 'start Cassandra nodes on this machine, and wait until they answer',
  details: `Starts what does not run and leaves the rest alone, so it may be repeated. Runtime docker needs a Docker engine and
Compose, and takes the image cassandra:5.0. Runtime process needs Java 17 or 11, and Maven once, to get Cassandra's jars; the nodes
are processes on 127.0.0.1, 127.0.0.2 and so on, and outlive this command. For trying out and testing: one machine is no cluster.`,
  options: {
    ...SELECTION,
    nodes: nodesOption('how many (default: as many as there are, else 3)'),
    heap: option('<size>', 'Java heap of each node (default 768m for processes, 512m in containers)', parseHeap),
    cassandraHome: option('<dir>', 'an unpacked Apache Cassandra 5, instead of jars from Maven (process)', parseText),
    firstAddress: option(
      '<address>',
      'of the first node; the others follow it (process, default 127.0.0.1)',
      parseText,
    ),
    startTimeout: startTimeoutOption,
  },
  examples: [
    { does: 'three nodes without Docker', line: 'jobctl cluster up --runtime process' },
    {
      does: 'one small node beside another cluster',
      line: 'jobctl cluster up --runtime process --name small --nodes 1 --heap 512m --first-address 127.0.1.1',
    },
    { does: 'with Docker, when an engine runs', line: 'jobctl cluster up' },
  ],
  async run(
    context,
    _args,
    { startTimeout = START_TIMEOUT_DEFAULT_MS, nodes, heap, cassandraHome, firstAddress, ...which },
  ) {
    const cluster = await openCluster(context, which);
    const started = await cluster.up({
      nodes,
      heapMb: heap,
      cassandraHome,
      firstAddress,
      startTimeoutMs: startTimeout,
    });
    showStarted(context, cluster.name, cluster.kind, started);
    return EXIT.ok;
  },
});

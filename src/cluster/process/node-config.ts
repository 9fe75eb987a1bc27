// The configuration files of one node, written anew at each start.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { DATACENTER } from '../../core/model/cluster.ts';
import type { NodePaths } from './locations.ts';

/** Few tokens spread well when they are allocated for the replication that will be used. */
const TOKENS = 8;
const REPLICATION = 3;

export interface NodeConfig {
  readonly cluster: string;
  readonly address: string;
  readonly rack: string;
  readonly seeds: readonly string[];
  readonly ports: { readonly cql: number; readonly storage: number };
  /** Further settings of cassandra.yaml; they win over ours. The values are YAML. */
  readonly settings: Readonly<Record<string, string>>;
}

export const writeNodeConfig = async (paths: NodePaths, config: NodeConfig): Promise<void> => {
  await Promise.all([paths.conf, paths.storage, paths.logs].map((folder) => mkdir(folder, { recursive: true })));
  const files = {
    'cassandra.yaml': cassandraYaml(paths.storage, config),
    'cassandra-rackdc.properties': `dc=${DATACENTER}\nrack=${config.rack}\n`,
    'logback.xml': LOGBACK,
    'logback-tools.xml': LOGBACK_TOOLS,
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(paths.conf, name), text)));
};

const cassandraYaml = (storage: string, { cluster, address, seeds, ports, settings }: NodeConfig): string => {
  const own = {
    cluster_name: cluster,
    num_tokens: TOKENS,
    allocate_tokens_for_local_replication_factor: REPLICATION,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'GossipingPropertyFileSnitch',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: seeds.map((seed) => `${seed}:${ports.storage}`).join(',') }],
      },
    ],
    listen_address: address,
    rpc_address: address,
    storage_port: ports.storage,
    native_transport_port: ports.cql,
    data_file_directories: [join(storage, 'data')],
    commitlog_directory: join(storage, 'commitlog'),
    hints_directory: join(storage, 'hints'),
    saved_caches_directory: join(storage, 'saved_caches'),
    cdc_raw_directory: join(storage, 'cdc_raw'),
    commitlog_sync: 'periodic',
    commitlog_sync_period: '10000ms',
    hinted_handoff_enabled: true,
    // A new cluster need not talk to Cassandra 4, and gets the formats of 5.0 (docs/cluster.md).
    storage_compatibility_mode: 'NONE',
    sstable: { selected_format: 'bti' },
    memtable: {
      configurations: { default: { inherits: 'trie' }, trie: { class_name: 'TrieMemtable' } },
    },
    // One round trip less for a compare-and-set, and no lost ones when ranges move.
    paxos_variant: 'v2',
  };
  const further = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`);
  const kept = Object.entries(own).filter(([key]) => !(key in settings));
  return `${stringify(Object.fromEntries(kept))}${further.join('')}`;
};

/** Rolled: a cluster that is forgotten must not fill the disk. */
const LOGBACK = `<configuration>
  <appender name="SYSTEMLOG" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>\${cassandra.logdir}/system.log</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
      <fileNamePattern>\${cassandra.logdir}/system.log.%i</fileNamePattern>
      <minIndex>1</minIndex>
      <maxIndex>3</maxIndex>
    </rollingPolicy>
    <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy"><maxFileSize>20MB</maxFileSize></triggeringPolicy>
    <encoder><pattern>%-5level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="SYSTEMLOG"/></root>
</configuration>
`;
const LOGBACK_TOOLS = `<configuration>
  <appender name="STDERR" class="ch.qos.logback.core.ConsoleAppender">
    <target>System.err</target>
    <encoder><pattern>%-5level %date{ISO8601} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="STDERR"/></root>
</configuration>
`;

// The configuration that a node is started with, and the flags of its JVM.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { nodeAddress, parseFirstAddress } from '../../src/cluster/process/addresses.ts';
import { nodeFlags, nodetoolFlags } from '../../src/cluster/process/flags.ts';
import { clusterFolder, jarCache, nodePaths } from '../../src/cluster/process/locations.ts';
import { writeNodeConfig } from '../../src/cluster/process/node-config.ts';
import { storeUrlOf } from '../../src/core/model/cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobctl-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = {
  cluster: 'trial',
  address: '127.0.1.2',
  rack: 'rack2',
  seeds: ['127.0.1.1'],
  ports: { cql: 9142, storage: 7100 },
  settings: {},
};

describe('the files of a node', () => {
  const paths = nodePaths(folder, 'cassandra-2');
  const read = (name: string): string => readFileSync(join(paths.conf, name), 'utf8');

  test('name its own address, ports and folders', async () => {
    await writeNodeConfig(paths, CONFIG);
    const yaml = parse(read('cassandra.yaml')) as Readonly<Record<string, unknown>>;
    expect(yaml).toMatchObject({
      cluster_name: 'trial',
      listen_address: '127.0.1.2',
      rpc_address: '127.0.1.2',
      native_transport_port: 9142,
      storage_port: 7100,
      endpoint_snitch: 'GossipingPropertyFileSnitch',
      paxos_variant: 'v2',
      seed_provider: [{ parameters: [{ seeds: '127.0.1.1:7100' }] }],
    });
    for (const key of ['commitlog_directory', 'hints_directory', 'saved_caches_directory', 'cdc_raw_directory']) {
      expect(yaml[key]).toMatch(new RegExp(`^${paths.storage}/`));
    }
    expect(read('cassandra-rackdc.properties')).toBe('dc=dc1\nrack=rack2\n');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of logback
    expect(read('logback.xml')).toContain('${cassandra.logdir}/system.log');
  });

  test('further settings win', async () => {
    const settings = { commitlog_sync: 'group', commitlog_sync_group_window: '1ms', num_tokens: '1' };
    await writeNodeConfig(paths, { ...CONFIG, settings });
    const text = read('cassandra.yaml');
    expect(parse(text)).toMatchObject({ commitlog_sync: 'group', num_tokens: 1 });
    expect(text.match(/^commitlog_sync:/gm)).toHaveLength(1);
  });
});

test('the JVM gets what Java 17 needs, its heap, and a JMX port of its own', async () => {
  writeFileSync(join(folder, 'jamm-0.4.0.jar'), '');
  const paths = { conf: '/c', storage: '/s', logs: '/l', jars: folder };
  const flags = await nodeFlags({ ...paths, heapMb: 512, jmxPort: 7201 });
  expect(flags).toEqual(
    expect.arrayContaining([
      '--add-opens=java.base/java.nio=ALL-UNNAMED',
      '-Xmx512m',
      `-javaagent:${folder}/jamm-0.4.0.jar`,
      '-Dcassandra.config=file:///c/cassandra.yaml',
      '-Dcassandra.jmx.local.port=7201',
    ]),
  );
  expect(flags.at(-1)).toBe('org.apache.cassandra.service.CassandraDaemon');
  expect(nodetoolFlags({ conf: '/c', jars: '/j', home: '/h', jmxPort: 7201 }).slice(-4)).toEqual([
    '-h',
    '127.0.0.1',
    '-p',
    '7201',
  ]);
});

test('addresses follow the first one', () => {
  expect([0, 1, 8].map((index) => nodeAddress('127.0.1.9', index))).toEqual(['127.0.1.9', '127.0.1.10', '127.0.1.17']);
  expect(parseFirstAddress(' 127.0.1.1 ')).toBe('127.0.1.1');
});

test.each([
  '',
  'localhost',
  '10.0.0.1',
  '127.0.0.0',
  '127.0.0.250',
  '127.0.0.256',
  '127.0.1',
])('"%s" is no first address', (text) => {
  expect(() => parseFirstAddress(text)).toThrow(/loopback/);
});

test('state and cache are where XDG says', () => {
  expect(clusterFolder({ HOME: '/h' }, 'trial')).toBe('/h/.local/state/jobctl/clusters/trial');
  expect(clusterFolder({ HOME: '/h', XDG_STATE_HOME: '/s' }, 'trial')).toBe('/s/jobctl/clusters/trial');
  expect(jarCache({ HOME: '/h', XDG_CACHE_HOME: 'relative' }, '5.0.9')).toBe('/h/.cache/jobctl/cassandra/5.0.9');
});

test('the store URL names every node, and its port unless it is the usual one', () => {
  const nodes = [
    { address: '127.0.0.1', port: 9042 },
    { address: '127.0.0.2', port: 9142 },
  ];
  expect(storeUrlOf(nodes)).toBe('cassandra://127.0.0.1,127.0.0.2:9142/jobctl?dc=dc1');
});

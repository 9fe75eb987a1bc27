// The JVM's flags for a node and for nodetool.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The JDK internals that Cassandra 5.0 reaches into (its conf/jvm17-server.options); Java 11 only warns about unknown ones. */
const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.rmi/sun.rmi.transport.tcp',
  'java.sql/java.sql',
  'jdk.attach/sun.tools.attach',
];
const OPENS = [
  ...[
    'java.io',
    'java.lang',
    'java.lang.module',
    'java.lang.reflect',
    'java.net',
    'java.nio',
    'java.util',
    'java.util.concurrent',
    'java.util.concurrent.atomic',
    'jdk.internal.loader',
    'jdk.internal.math',
    'jdk.internal.module',
    'jdk.internal.ref',
    'jdk.internal.reflect',
    'jdk.internal.util.jar',
    'sun.nio.ch',
  ].map((each) => `java.base/${each}`),
  'jdk.compiler/com.sun.tools.javac.file',
  'jdk.management/com.sun.management.internal',
];
const MODULES = [
  ...EXPORTS.map((each) => `--add-exports=${each}=ALL-UNNAMED`),
  ...OPENS.map((each) => `--add-opens=${each}=ALL-UNNAMED`),
];

/**
 * 30 s by default, and most of the time that a second node takes to start. It is there for rings whose gossip takes long;
 * on one machine it takes milliseconds.
 */
const RING_DELAY_MS = 2_000;

export interface NodeFlags {
  readonly conf: string;
  readonly storage: string;
  readonly logs: string;
  readonly jars: string;
  readonly heapMb: number;
  readonly jmxPort: number;
}

export const nodeFlags = async ({
  conf,
  storage,
  logs,
  jars,
  heapMb,
  jmxPort,
}: NodeFlags): Promise<readonly string[]> => [
  ...MODULES,
  `-Xms${heapMb}m`,
  `-Xmx${heapMb}m`,
  '-Xss512k',
  '-XX:+UseG1GC',
  '-XX:+ExitOnOutOfMemoryError',
  '-XX:+PerfDisableSharedMem',
  '-Djava.net.preferIPv4Stack=true',
  '-Djdk.attach.allowAttachSelf=true',
  '-Dio.netty.tryReflectionSetAccessible=true',
  ...(await memoryMeter(jars)),
  `-Dcassandra.config=file://${join(conf, 'cassandra.yaml')}`,
  `-Dcassandra.storagedir=${storage}`,
  `-Dcassandra.logdir=${logs}`,
  '-Dlogback.configurationFile=logback.xml',
  `-Dcassandra.jmx.local.port=${jmxPort}`,
  '-Dcassandra-foreground=yes',
  `-Dcassandra.ring_delay_ms=${RING_DELAY_MS}`,
  // Nodes start one after the other, so gossip has settled; waiting for it costs 8 s a node.
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  '-Dcassandra.superuser_setup_delay_ms=0',
  ...classPath(conf, jars),
  'org.apache.cassandra.service.CassandraDaemon',
];

export interface NodetoolFlags {
  readonly conf: string;
  readonly jars: string;
  readonly home: string;
  readonly jmxPort: number;
}

/** A short-lived JVM: the quick compiler and the serial collector save most of its start. */
export const nodetoolFlags = ({ conf, jars, home, jmxPort }: NodetoolFlags): readonly string[] => [
  ...MODULES,
  '-Xmx128m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.net.preferIPv4Stack=true',
  // It writes a history of its own into the home folder.
  `-Duser.home=${home}`,
  '-Dlogback.configurationFile=logback-tools.xml',
  ...classPath(conf, jars),
  'org.apache.cassandra.tools.NodeTool',
  '-h',
  '127.0.0.1',
  '-p',
  String(jmxPort),
];

const classPath = (conf: string, jars: string): readonly string[] => ['-cp', `${conf}:${jars}/*`];

/** Cassandra measures its objects exactly when this agent is loaded, and guesses otherwise. */
const memoryMeter = async (jars: string): Promise<readonly string[]> => {
  const jar = (await readdir(jars)).find((name) => /^jamm-.*\.jar$/.test(name));
  return jar === undefined ? [] : [`-javaagent:${join(jars, jar)}`];
};

// Where nodes are started that nobody else knows of.
import { createHash } from 'node:crypto';

export interface PrivatePlace {
  readonly addresses: readonly string[];
  readonly ports: { readonly cql: number; readonly storage: number; readonly jmx: number };
}

/** The start of the ports that are looked through for JMX; below those that the system gives to clients. */
const JMX_FROM = 20_000;
const JMX_SPAN = 10_000;

/**
 * Loopback addresses and ports that no other cluster uses: neither that of a user on 127.0.0.1, nor of another test run. The
 * same for the same process and purpose. Up to 9 nodes.
 */
export const privatePlace = (purpose: string, nodes: number): PrivatePlace => {
  const digest = createHash('sha256').update(`${process.pid} ${purpose}`).digest();
  const [second = 0, third = 0] = [64 + (digest.readUInt8(0) % 128), digest.readUInt8(1)];
  const jmx = JMX_FROM + (digest.readUInt16BE(2) % JMX_SPAN);
  // macOS has 127.0.0.1 only: one node there, on ports of its own.
  if (process.platform !== 'linux') {
    return { addresses: ['127.0.0.1'], ports: { cql: jmx + 300, storage: jmx + 301, jmx } };
  }
  const addresses = Array.from({ length: nodes }, (_, index) => `127.${second}.${third}.${index + 1}`);
  return { addresses, ports: { cql: 9042, storage: 7000, jmx } };
};

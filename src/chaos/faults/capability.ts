// What this machine must have for a fault: looked at, never assumed.
import { execa } from 'execa';
import { memoryUnavailable } from './memory.ts';

const PROBE_TIMEOUT_MS = 5_000;
const FIREWALL_FAULTS = ['partition', 'loss', 'reset', 'delay', 'bandwidth'];

/** Why it cannot be made here; null: it can. */
export const unavailableHere = async (fault: string): Promise<string | null> => {
  if (FIREWALL_FAULTS.includes(fault)) return firewallUnavailable();
  if (fault === 'disk-full') return rootUnavailable();
  if (fault === 'memory') return rootUnavailable() ?? memoryUnavailable();
  return null;
};

const firewallUnavailable = async (): Promise<string | null> => {
  const missing = rootUnavailable();
  if (missing !== null) return missing;
  const ran = await execa('iptables', ['-w', '5', '-nL', 'OUTPUT'], { reject: false, timeout: PROBE_TIMEOUT_MS });
  if (ran.exitCode === 0) return null;
  const why = ran.stderr?.split('\n')[0] || ran.shortMessage || 'it was not started';
  return `iptables does not work here: ${why}`;
};

const rootUnavailable = (): string | null => {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  return null;
};

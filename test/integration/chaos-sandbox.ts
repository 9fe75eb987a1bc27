// A folder for chaos commands on the nodes that all test files share: they find the cluster under a name of their own.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../e2e/processes.ts';

export const CLUSTER = ['--name', 'three', '--runtime', 'process', '--yes'] as const;

export const chaosSandbox = (url: string, directory: string, name = 'three'): Sandbox => {
  const sandbox = new Sandbox(url);
  const clusters = join(sandbox.folder, 'state/jobctl/clusters');
  mkdirSync(clusters, { recursive: true });
  symlinkSync(directory, join(clusters, name));
  sandbox.env = { XDG_STATE_HOME: join(sandbox.folder, 'state') };
  return sandbox;
};

// A node whose disk is full. The disk of the machine is never filled: the node is given a small one, in memory, for the time.
import { statfs } from 'node:fs/promises';
import { execa } from 'execa';
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import { nodeOf, nodePlan } from './node.ts';
import type { PlanFault } from './scene.ts';

/** What is free before it is filled: it must be able to start, MB. */
const ROOM_MB = 96;
const KB_PER_MB = 1_024;
const FILL = '.jobctl-chaos-fill';

export const planDiskFull: PlanFault = async (scene, request) => {
  const node = nodeOf(scene, request);
  const { name, storage } = node;
  if (storage === null) {
    throw new JobctlError('CHAOS_UNAVAILABLE', EXIT.unknown, `the disk of ${name} cannot be filled`, {
      detail: 'it is in a container, on a volume without a size',
      hint: 'nodes that are processes can be given a small disk: jobctl cluster up --runtime process',
    });
  }
  const sizeMb = (await usedMb(storage)) + ROOM_MB;
  const sh = (script: string) => ['sh', '-c', script, 'sh', storage];
  return {
    ...(await nodePlan(scene, request, node, `filling the disk of ${name}: it is moved to one of ${sizeMb} MB first`)),
    inject: [
      { do: 'stop', node: name },
      {
        do: 'run',
        argv: sh(
          `mv "$1" "$1.kept" && mkdir "$1" && mount -t tmpfs -o size=${sizeMb}m tmpfs "$1" && cp -a "$1.kept/." "$1/"`,
        ),
      },
      { do: 'up' },
      { do: 'try', argv: sh(`dd if=/dev/zero of="$1/${FILL}" bs=64k 2>/dev/null`) },
    ],
    mend: [
      { do: 'try', argv: ['rm', '-f', `${storage}/${FILL}`] },
      { do: 'stop', node: name },
      { do: 'run', argv: sh(GIVE_BACK) },
      { do: 'up' },
    ],
    look: async () => {
      const { bavail } = await statfs(storage);
      return bavail === 0 ? `no byte is free on the disk of ${name}` : null;
    },
    lookMended: async () => ((await statfs(storage)).bavail > 0 ? `${name} has its own disk again` : null),
  };
};

/** Whatever was done of it: the data on the small disk becomes the node's, else what was kept does. Again does nothing. */
const GIVE_BACK = `set -e
if mountpoint -q "$1"; then
  rm -rf "$1.next"; cp -a "$1" "$1.next"; umount "$1"; rmdir "$1"; mv "$1.next" "$1"; rm -rf "$1.kept"
elif [ -d "$1.kept" ]; then
  rm -rf "$1"; mv "$1.kept" "$1"
fi`;

const usedMb = async (folder: string): Promise<number> => {
  const { stdout } = await execa('du', ['-sk', folder]);
  return Math.ceil(Number.parseInt(stdout, 10) / KB_PER_MB);
};

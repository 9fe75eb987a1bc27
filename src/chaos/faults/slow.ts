// A node that is slow: behind a proxy that delays or throttles what is sent to it and what it answers; or short of processor time.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { STORAGE_PORT } from '../../core/model/cluster.ts';
import { identify, processState } from '../../platform/process-identity.ts';
import { type Act, helperFile } from '../acts.ts';
import type { FaultPlan } from '../breakage.ts';
import type { Toxic } from '../proxy.ts';
import { chainOf, firewallActs, type NodeNet, netOf, packetsMet, type Rule } from './firewall.ts';
import { resetRule } from './network.ts';
import { nodeOf } from './node.ts';
import type { FaultRequest, FaultScene, PlanFault } from './scene.ts';

const DELAY_DEFAULT_MS = 100;
const KBITS_DEFAULT = 1_000;
/** The share of time that a node is left. */
const CPU_SHARE_DEFAULT = 0.1;
/** Connections that exist do not pass through the proxy: they are reset for so long, ms. */
const RESET_MS = 600;
/** The proxy has so long to listen, ms. */
const PROXY_STARTS_MS = 1_500;
/** The proxy's own connections come from here. */
const PROXY_ADDRESS = '127.93.93.93';
/** Ports in the network of a container, where nobody else listens. */
const CONTAINER_PORTS = [19_042, 17_000] as const;

export const planDelay: PlanFault = (scene, request) => {
  const { delayMs = DELAY_DEFAULT_MS } = request.args;
  return proxyPlan(
    scene,
    request,
    { delayMs, kbits: null },
    (name) => `${delayMs} ms later in each direction: ${name}`,
  );
};

export const planBandwidth: PlanFault = (scene, request) => {
  const { kbits = KBITS_DEFAULT } = request.args;
  return proxyPlan(scene, request, { delayMs: 0, kbits }, (name) => `${kbits} kbit/s in each direction: ${name}`);
};

/** Everybody who connects to the node meets the proxy; what the node itself sends to others does not. */
const proxyPlan = async (
  scene: FaultScene,
  request: FaultRequest,
  toxic: Toxic,
  about: (name: string) => string,
): Promise<FaultPlan> => {
  const node = nodeOf(scene, request);
  const net = await netOf(node);
  const { fault, durationMs } = request;
  const chain = chainOf(scene.run, fault, node.name);
  const ports = net.enter.length > 0 ? CONTAINER_PORTS : [await freePort(), await freePort()];
  const routes = [net.cqlPort, STORAGE_PORT].map((to, index) => ({ to, via: ports[index] ?? 0 }));
  const rules = routes.map(({ to, via }): Rule => redirect(net, to, via));
  const { inject, mend } = firewallActs(chain, rules);
  const file = helperFile(scene.folders.chaos, scene.run, `proxy-${node.name}`);
  const reset = firewallActs(`${chain}R`, [resetRule(net, net.enter.length > 0 ? [] : ['!', '-s', PROXY_ADDRESS])]);
  const resetting: readonly Act[] = [...reset.inject, { do: 'wait', ms: RESET_MS }, ...reset.mend];
  return {
    ...{ fault, target: node.name, about: about(node.name), durationMs, quorumLost: [] },
    left: 'every node runs and answers, this one slowly; connections to it are reset once, so that they pass through the proxy',
    inject: [
      { do: 'helper', file, cwd: scene.folders.chaos, env: {}, argv: proxyCommand(scene, net, routes, toxic) },
      { do: 'wait', ms: PROXY_STARTS_MS },
      ...inject,
      ...resetting,
    ],
    mend: [...mend, ...reset.mend, { do: 'end', file }],
    look: async () => {
      const met = await packetsMet(chain, rules);
      return met === null || met === 0 ? null : `${met} connections pass through the proxy`;
    },
    lookMended: async () => ((await packetsMet(chain, rules)) === null ? 'connections go straight again' : null),
  };
};

/** In a container others' connections arrive from outside; on one machine all of them start here. */
const redirect = (net: NodeNet, to: number, via: number): Rule => {
  const isContainer = net.enter.length > 0;
  const match = [
    ...net.received,
    ...(isContainer ? [] : ['!', '-s', PROXY_ADDRESS]),
    '-p',
    'tcp',
    '--dport',
    String(to),
  ];
  const jump = ['REDIRECT', '--to-ports', String(via)];
  return { in: net, table: 'nat', hook: isContainer ? 'PREROUTING' : 'OUTPUT', match, jump };
};

const proxyCommand = (
  { program }: FaultScene,
  { enter, address }: NodeNet,
  routes: readonly { readonly to: number; readonly via: number }[],
  { delayMs, kbits }: Toxic,
): string[] => [
  ...enter,
  ...program,
  ...['chaos', 'trouble', '--proxy', routes.map(({ to, via }) => `${via}=${address}:${to}`).join(',')],
  ...['--from', enter.length > 0 ? address : PROXY_ADDRESS, '--delay', `${delayMs}ms`],
  ...(kbits === null ? [] : ['--kbits', String(kbits)]),
];

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Stopped for most of every tenth of a second, as where others use the processor. */
export const planCpu: PlanFault = async (scene, request) => {
  const node = nodeOf(scene, request);
  const { fault, durationMs, args } = request;
  const { share = CPU_SHARE_DEFAULT } = args;
  const identity = (await identify(node.pid ?? 0)) ?? { pid: 0, startTime: '' };
  const file = helperFile(scene.folders.chaos, scene.run, `stutter-${node.name}`);
  const who = node.name;
  const stutter = ['chaos', 'trouble', '--stutter', String(identity.pid), '--share', String(share)];
  return {
    ...{ fault, target: who, durationMs, quorumLost: [], left: 'every node runs, this one seldom' },
    about: `leaving ${who} ${share * 100} % of its processor time`,
    inject: [{ do: 'helper', file, cwd: scene.folders.chaos, env: {}, argv: [...scene.program, ...stutter] }],
    mend: [
      { do: 'end', file },
      { do: 'signal', who, ...identity, signal: 'SIGCONT' },
    ],
    look: async () => ((await processState(identity)) === 'paused' ? `${who} is stopped most of the time` : null),
  };
};

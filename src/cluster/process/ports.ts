// Whether addresses and ports can be had. Asked before a node starts: its own answer comes late and in a stack trace.
import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import { usageError } from '../../core/model/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';

const CONNECT_TIMEOUT_MS = 2_000;
/** How far to look for a free port. */
const PORTS_TRIED_MAX = 200;

/** The system takes back the ports of a killed process a moment after it is gone, ms; looked at so often, ms. */
const RELEASE_MAX_MS = 5_000;
const RELEASE_LOOK_MS = 100;

/** Throws PORT_IN_USE, or CLUSTER_RUNTIME_MISSING when the machine does not have that address. */
export const requirePort = async (address: string, port: number, clock: Clock): Promise<void> => {
  const untilMs = clock.monotonicMs() + RELEASE_MAX_MS;
  let code = await bindFailure(address, port);
  while (code === 'EADDRINUSE' && clock.monotonicMs() < untilMs) {
    await clock.sleep(RELEASE_LOOK_MS);
    code = await bindFailure(address, port);
  }
  if (code === null) return;
  if (code === 'EADDRNOTAVAIL') {
    throw usageError('CLUSTER_RUNTIME_MISSING', `this machine has no address ${address}`, {
      detail: 'each node needs a loopback address of its own',
      hint: `macOS: sudo ifconfig lo0 alias ${address} up`,
    });
  }
  throw usageError('PORT_IN_USE', `${address}:${port} cannot be used (${code})`, {
    detail: 'a Cassandra node needs it',
    hint: `see who has it: ss -ltnp 'sport = :${port}'; or use other addresses: --first-address 127.0.1.1`,
  });
};

/** The first free port from `from` on. */
export const freePort = async (address: string, from: number, taken: readonly number[]): Promise<number> => {
  for (let port = from; port < from + PORTS_TRIED_MAX; port += 1) {
    if (!taken.includes(port) && (await bindFailure(address, port)) === null) return port;
  }
  throw usageError('PORT_IN_USE', `${address} has no free port from ${from} to ${from + PORTS_TRIED_MAX - 1}`, {
    hint: 'end what uses them',
  });
};

const bindFailure = (address: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(null)));
  });

/** Whether something accepts connections there. A node opens its CQL port once it has joined the ring. */
export const accepts = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket: Socket = tcpConnect({ host: address, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });

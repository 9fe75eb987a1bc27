// Stands between clients and a server and makes what passes late or slow, in both directions: for kernels that cannot do it
// themselves (no netem). Nothing is lost, and nothing changes its order.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../core/ports/clock.ts';

const BITS_PER_BYTE = 8;
/** What waits in one direction of a connection is no more than this: then its sender is made to wait, bytes. */
const HELD_MAX_BYTES = 4 * 1_024 * 1_024;

export interface Toxic {
  /** ms in each direction. */
  readonly delayMs: number;
  /** In each direction of each connection; null: as fast as it goes. */
  readonly kbits: number | null;
}

export interface ProxyRoute {
  readonly port: number;
  readonly toHost: string;
  readonly toPort: number;
}

export interface ProxyOptions extends Toxic {
  readonly routes: readonly ProxyRoute[];
  /** Where its own connections come from: the rule that sends others here leaves them alone. */
  readonly localAddress: string;
  readonly clock: Clock;
}

/** Listens on every address of its network, until the signal aborts; then all its connections end. */
export const runProxy = async (
  { routes, localAddress, clock, ...toxic }: ProxyOptions,
  stop: AbortSignal,
): Promise<void> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  const servers = routes.map(({ toHost, toPort }) =>
    createServer({ pauseOnConnect: true }, (client) => {
      const server = connect({ host: toHost, port: toPort, localAddress });
      keep(client);
      keep(server);
      pass(client, server, toxic, clock);
      pass(server, client, toxic, clock);
      client.resume();
    }),
  );
  await Promise.all(servers.map((server, index) => listen(server, routes[index]?.port ?? 0)));
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '0.0.0.0', resolve);
  });

/** One direction. */
const pass = (from: Socket, to: Socket, { delayMs, kbits }: Toxic, clock: Clock): void => {
  let freeAtMs = 0;
  let heldBytes = 0;
  const later = (bytes: number, then: () => void): void => {
    const nowMs = clock.monotonicMs();
    const sendMs = kbits === null ? 0 : (bytes * BITS_PER_BYTE) / kbits;
    freeAtMs = Math.max(freeAtMs, nowMs) + sendMs;
    clock.after(freeAtMs + delayMs - nowMs, then);
  };
  from.on('data', (chunk) => {
    heldBytes += chunk.length;
    if (heldBytes > HELD_MAX_BYTES) from.pause();
    later(chunk.length, () => {
      heldBytes -= chunk.length;
      if (heldBytes <= HELD_MAX_BYTES / 2) from.resume();
      if (to.writable) to.write(chunk);
    });
  });
  from.on('end', () => later(0, () => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => later(0, () => to.destroySoon()));
};

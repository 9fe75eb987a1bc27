// The proxy, on real sockets and a clock that only the test moves: nothing passes before its time, and nothing is lost.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { runProxy, type Toxic } from '../../src/chaos/proxy.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Sends through a proxy to a server that sends back what it gets. */
const throughProxy = async (toxic: Toxic) => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const server = createServer((socket) => socket.on('data', (chunk) => socket.write(chunk))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const toPort = (server.address() as AddressInfo).port;
  const routes = [{ port, toHost: '127.0.0.1', toPort }];
  const running = runProxy({ ...toxic, routes, localAddress: '127.0.0.1', clock }, stop.signal);
  const client = connect({ host: '127.0.0.1', port });
  await once(client, 'connect');
  let received = '';
  client.on('data', (chunk) => {
    received += String(chunk);
  });
  return {
    clock,
    client,
    received: () => received,
    end: async () => {
      stop.abort();
      client.destroy();
      server.close();
      await running;
    },
  };
};

test('what passes is late by the delay, in each direction', async () => {
  const { clock, client, received, end } = await throughProxy({ delayMs: 100, kbits: null });
  client.write('hello');
  await vi.waitUntil(() => clock.timers === 1);
  await clock.advance(99);
  expect(clock.timers).toBe(1);
  await clock.advance(1);
  await vi.waitUntil(() => clock.timers === 1); // the answer is on its way back
  expect(received()).toBe('');
  await clock.advance(100);
  await vi.waitUntil(() => received() === 'hello');
  await end();
});

test('what passes takes as long as the rate says', async () => {
  const { clock, client, received, end } = await throughProxy({ delayMs: 0, kbits: 8 });
  client.write('x'.repeat(1_000)); // 8 kbit: a second
  await vi.waitUntil(() => clock.timers === 1);
  await clock.advance(999);
  expect(clock.timers).toBe(1);
  await clock.advance(1);
  await vi.waitUntil(() => clock.timers === 1);
  await clock.advance(1_000);
  await vi.waitUntil(() => received().length === 1_000);
  await end();
});

// Serves /metrics for Prometheus and /healthz, /readyz for whoever supervises the process.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { usageError } from '../core/model/errors.ts';
import type { Metrics } from './metrics.ts';

export interface TelemetryServerOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly health: () => { readonly ready: boolean; readonly detail: Readonly<Record<string, unknown>> };
}

/** On every address of the machine: a scraper is elsewhere. Throws PORT_IN_USE. */
export const startTelemetryServer = async ({
  port,
  metrics,
  health,
}: TelemetryServerOptions): Promise<AsyncDisposable & { readonly port: number }> => {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/metrics') void sendMetrics(response, metrics);
    else if (path === '/healthz') send(response, 200, { live: true });
    else if (path === '/readyz') {
      const { ready, detail } = health();
      send(response, ready ? 200 : 503, { ready, ...detail });
    } else send(response, 404, { error: 'not found', paths: ['/metrics', '/healthz', '/readyz'] });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portInUse(port) : error),
    );
    server.listen(port, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
};

const sendMetrics = async (response: ServerResponse, metrics: Metrics): Promise<void> => {
  try {
    const text = await metrics.render();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  } catch (error) {
    send(response, 500, { error: String(error) });
  }
};

const portInUse = (port: number): Error =>
  usageError('PORT_IN_USE', `port ${port} is taken by another process`, {
    hint: 'choose another with --metrics-port, or 0 for any free one',
  });

// Serves /metrics for Prometheus and /healthz, /readyz for whoever supervises the process.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorText, usageError } from '../core/model/errors.ts';
import type { Metrics } from './metrics.ts';

interface Health {
  /** The process can do its work now. */
  readonly ready: boolean;
  /** Anything that explains it, as JSON. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface TelemetryServerOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** Default: every address of the machine, since a scraper is elsewhere. */
  readonly host?: string;
  readonly metrics: Metrics;
  readonly health: () => Health | Promise<Health>;
}

/** Throws PORT_IN_USE. */
export const startTelemetryServer = async ({
  port,
  host,
  metrics,
  health,
}: TelemetryServerOptions): Promise<AsyncDisposable & { readonly port: number }> => {
  const server = createServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const path = isRead ? request.url?.split('?')[0] : undefined;
    if (path === '/metrics') void sendMetrics(response, metrics);
    else if (path === '/healthz') send(response, 200, { live: true });
    else if (path === '/readyz') void sendReadiness(response, health);
    else send(response, 404, { error: 'not found', paths: ['/metrics', '/healthz', '/readyz'] });
  });
  await new Promise<void>((resolve, reject) => {
    // `on`, not `once`: a process out of file descriptors goes on working, and reports again once it has some.
    server.on('error', (error: NodeJS.ErrnoException) => reject(refusals[error.code ?? '']?.(port) ?? error));
    server.listen({ port, host }, resolve);
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
  const text = `${JSON.stringify(body)}\n`; // before the head: what cannot be written as JSON must not be half an answer
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
};

const sendReadiness = async (response: ServerResponse, health: TelemetryServerOptions['health']): Promise<void> => {
  try {
    const { ready, detail } = await health();
    send(response, ready ? 200 : 503, { ready, ...detail });
  } catch (error) {
    send(response, 503, { ready: false, error: errorText(error) });
  }
};

const sendMetrics = async (response: ServerResponse, metrics: Metrics): Promise<void> => {
  try {
    const text = await metrics.render();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  } catch (error) {
    send(response, 500, { error: errorText(error) });
  }
};

const HINT = 'choose another with --metrics-port, or 0 for any free one';
const refusals: Readonly<Record<string, (port: number) => Error>> = {
  EADDRINUSE: (port) => usageError('PORT_IN_USE', `port ${port} is taken by another process`, { hint: HINT }),
  EACCES: (port) => usageError('OPTION_INVALID', `this user may not listen on port ${port}`, { hint: HINT }),
};

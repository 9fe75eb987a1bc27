// A server on an embedded store, asked over real sockets. Every answer must be as the OpenAPI document says.
import { connect } from 'node:net';
import { expect } from 'vitest';
import { createSubmitter } from '../../src/core/job/submit.ts';
import type { Event } from '../../src/core/ports/events.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { Worker } from '../../src/core/worker/worker.ts';
import { OPERATIONS } from '../../src/http/operations/all.ts';
import { problem } from '../../src/http/schemas.ts';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import type { Token } from '../../src/http/tokens.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { openStore } from '../../src/store/open.ts';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What comes back on a connection of one's own. */
export const raw = (scene: ApiScene, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(scene.server.port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => {
      answer += part;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });

interface SceneOptions {
  readonly host?: string;
  readonly tokens?: readonly Token[];
  readonly rateMax?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long a sender may take, ms. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number; readonly checkedMs: number };
}

export class ApiScene implements AsyncDisposable {
  readonly store: Store;
  readonly server: RunningServer;
  readonly events: Event[];
  #worker: Worker | null = null;

  private constructor(store: Store, server: RunningServer, events: Event[]) {
    this.store = store;
    this.server = server;
    this.events = events;
  }

  static async open({
    tokens,
    host = '127.0.0.1',
    rateMax = 100_000,
    tls,
    patience,
  }: SceneOptions = {}): Promise<ApiScene> {
    const store = await openStore('sqlite::memory:', { bucketCount: 4 });
    const recorded: Event[] = [];
    const events = { emit: (event: Event) => void recorded.push(event) };
    const deps = { store, clock: systemClock, random: systemRandom, events };
    const server = await startServer({
      service: { ...deps, submitter: createSubmitter(deps) },
      host,
      port: 0,
      tokens: tokens ?? null,
      tls: tls ?? null,
      ...(patience === undefined ? {} : { patience }),
      rateMax,
      version: '0.0.0',
      metrics: { contentType: 'text/plain', render: async () => 'up 1\n' },
      health: () => ({ ready: true, detail: {} }),
    });
    return new ApiScene(store, server, recorded);
  }

  /** Runs jobs of type `do`: succeeds, or fails for good when the payload is "fail". */
  async work(): Promise<void> {
    this.#worker = await Worker.start(
      {
        ...{ store: this.store, clock: systemClock, random: systemRandom, events: { emit: () => {} } },
        handlers: {
          types: ['do'],
          run: async ({ payload }) =>
            payload === '"fail"'
              ? { kind: 'failed', error: 'it broke', retryable: true }
              : { kind: 'succeeded', result: '"done"' },
          [Symbol.asyncDispose]: async () => {},
        },
      },
      {
        ...{ memberId: 'w1', buckets: [0, 1, 2, 3] as never, concurrency: 4, leaseMs: 5_000, drainMs: 1_000 },
        ...{ retentionMs: 86_400_000, address: '', version: '0' },
      },
    );
  }

  async ask(method: string, path: string, { body, headers = {} }: Asked = {}): Promise<Answer> {
    const response = await fetch(`${this.server.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    const answer = { status: response.status, body: isJson ? JSON.parse(text) : { text }, headers: response.headers };
    this.#assertDocumented(method, path, answer);
    return answer;
  }

  async get(path: string): Promise<Answer['body']> {
    const answer = await this.ask('GET', path);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  }

  async post(path: string, body?: unknown): Promise<Answer['body']> {
    const answer = await this.ask('POST', path, body === undefined ? {} : { body });
    expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
    return answer.body;
  }

  #assertDocumented(method: string, path: string, { status, body }: Answer): void {
    const [plain = ''] = path.split('?');
    if (status >= 400) {
      if (plain !== '/readyz') expect(problem.parse(body).status).toBe(status);
      return;
    }
    const operation = OPERATIONS.find(
      ({ method: each, path: template, alias }) =>
        each === method && [template, alias].some((pattern) => pattern !== undefined && matches(pattern, plain)),
    );
    operation?.result.parse(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.#worker?.drain(AbortSignal.abort());
    await this.store[Symbol.asyncDispose]();
  }
}

/** `/v1/jobs/bulk` is no job. */
const matches = (template: string, path: string): boolean =>
  template === path || (!path.endsWith('/bulk') && new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));

// What is answered without a token: health for supervisors, metrics for scrapers, and the documentation.
import type { FastifyInstance } from 'fastify';
import { asAnswer } from './problem.ts';

interface Health {
  readonly ready: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface OpenRoutes {
  readonly version: string;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  health(): Health | Promise<Health>;
}

export const addOpenRoutes = (app: FastifyInstance, { health, metrics, version }: OpenRoutes): void => {
  app.get('/healthz', async () => ({ live: true }));
  app.get('/readyz', async (_request, reply) => {
    try {
      const { ready, detail } = await health();
      return reply.code(ready ? 200 : 503).send({ ready, ...detail });
    } catch (error) {
      return reply.code(503).send({ ready: false, error: asAnswer(error).message });
    }
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
  // Made when somebody asks: a scheduler need not wait for it to start.
  let documents: ReturnType<typeof makeDocuments> | undefined;
  const made = () => (documents ??= makeDocuments(version));
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send((await made()).json));
  app.get('/docs', async (_request, reply) => {
    const { page, policy } = await made();
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page);
  });
  app.get('/', async (_request, reply) => reply.redirect('/docs'));
};

const makeDocuments = async (version: string) => {
  const { openApiDocument } = await import('./openapi.ts');
  const { docsPage, PAGE_POLICY } = await import('./docs-page.ts');
  const document = openApiDocument(version);
  return { json: JSON.stringify(document), page: docsPage(document), policy: PAGE_POLICY };
};

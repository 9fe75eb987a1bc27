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

export const addOpenRoutes = async (app: FastifyInstance, { health, metrics, version }: OpenRoutes): Promise<void> => {
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
  await addDocuments(app, version);
};

const addDocuments = async (app: FastifyInstance, version: string): Promise<void> => {
  const { openApiDocument } = await import('./openapi.ts');
  const { docsPage, PAGE_POLICY } = await import('./docs-page.ts');
  const document = openApiDocument(version);
  const [json, page] = [JSON.stringify(document), docsPage(document)];
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(json));
  app.get('/docs', async (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY).send(page),
  );
  app.get('/', async (_request, reply) => reply.redirect('/docs'));
};

// The OpenAPI 3.1 document, made from the operations.
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import { KEY_CHARACTERS_MAX } from '../core/model/limits.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations/all.ts';
import { problem } from './schemas.ts';

type Document = ReturnType<typeof createDocument>;

export const openApiDocument = (version: string): Document =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'jobctl',
      version,
      description:
        'A job queue, a cron and a lock service on Apache Cassandra, or on an SQLite file. Times are ISO 8601, durations are milliseconds with the unit in the name. Errors are problem+json with a stable code. Fields may be added to answers.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{}, { token: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'needed when the scheduler was started with --tokens' },
      },
    },
    paths: paths(),
  });

type Paths = NonNullable<Parameters<typeof createDocument>[0]['paths']>;

const paths = (): Paths => {
  const all: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const { path, alias, method, id } = operation;
    const described = describe(operation);
    all[path] = { ...all[path], [method.toLowerCase()]: described };
    if (alias === undefined) continue;
    const old = { ...described, operationId: `${id}Alias`, description: `The same as \`${method} ${path}\`.` };
    all[alias] = { ...all[alias], [method.toLowerCase()]: old };
  }
  return all as Paths;
};

const KEY_HEADER = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(KEY_CHARACTERS_MAX)
    .optional()
    .meta({ description: 'the same key again answers the same job for a day' }),
});

const EVENT_HEADER = z.object({
  'Last-Event-ID': z.string().optional().meta({ description: 'of the last event that arrived: go on after it' }),
});

const describe = (operation: Operation): object => {
  const { id, tag, summary, details, role, params, query, body, isBodyOptional, result, takesKey, isStream } =
    operation;
  const isSubmit = takesKey === true;
  const media = isStream === true ? 'text/event-stream' : 'application/json';
  const success = {
    description: isStream === true ? 'the data of each event' : 'done',
    content: { [media]: { schema: result } },
  };
  const status = operation.statusOf === undefined ? '200' : '201';
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: `${details === undefined ? '' : `${details} `}Role: ${role}.`,
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(query === undefined ? {} : { query }),
      ...(isSubmit ? { header: KEY_HEADER } : {}),
      ...(isStream === true ? { header: EVENT_HEADER } : {}),
    },
    ...(body === undefined
      ? {}
      : { requestBody: { required: isBodyOptional !== true, content: { 'application/json': { schema: body } } } }),
    responses: {
      [status]: success,
      ...(isSubmit ? { 200: { ...success, description: 'it was submitted before' } } : {}),
      '4XX': refusal('the request is refused'),
      '5XX': refusal('the store, or this server, could not do it now; 503 and 504 may be repeated'),
    },
  };
};

const refusal = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});

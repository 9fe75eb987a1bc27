// Requests made from the OpenAPI document, right, nearly right and wrong: no answer is a 500, none is missing, and what is refused
// leaves nothing behind.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packageVersion } from '../../src/commands/version.ts';
import { jobPriority } from '../../src/core/model/ids.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { ApiScene, raw } from './api-scene.ts';

type Json = Readonly<Record<string, unknown>>;

const document = JSON.parse(JSON.stringify(openApiDocument(packageVersion()))) as {
  readonly paths: Record<string, Record<string, Json>>;
  readonly components: { readonly schemas: Record<string, Json> };
};

const HOSTILE: readonly string[] = [
  ...[
    '',
    ' ',
    '%',
    '../..',
    '..%2f',
    "'; DROP TABLE jobs; --",
    '\u0000',
    '\ud800',
    'ﷺ'.repeat(50),
    '💥',
    '-1',
    'NaN',
    '1e999',
  ],
  ...['0'.repeat(40), '__proto__', 'constructor', 'null', '{}', '006538gcj7wbpz51w525bjzre8', 'x'.repeat(5_000)],
];
const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme', maxLength: 40 }));
const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), hostile, fc.double(), fc.constantFrom(-1, 0, 1e300, 2 ** 53));

/** An object may have a `toString` that is none. */
const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Values as the schema says, now and then something else. */
const valueFor = (schema: Json): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 20, arbitrary: goodValue(schema) }, { weight: 1, arbitrary: anything });

const goodValue = (schema: Json): fc.Arbitrary<unknown> => {
  if (typeof schema.$ref === 'string') {
    return goodValue(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  }
  const several = (schema.anyOf ?? schema.oneOf) as readonly Json[] | undefined;
  if (several !== undefined) return fc.oneof(...several.map(goodValue));
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as readonly unknown[]));
  switch (schema.type) {
    case 'object':
      return objectOf(schema);
    case 'array':
      return fc.array(valueFor((schema.items ?? {}) as Json), { minLength: 1, maxLength: 3 });
    case 'integer':
    case 'number':
      return fc.integer({
        min: Math.max(Number(schema.minimum ?? 0), 0),
        max: Math.min(Number(schema.maximum ?? 1_000), 1_000),
      });
    case 'boolean':
      return fc.boolean();
    case 'string':
      if (schema.format === 'date-time')
        return fc.constantFrom('2027-01-31T09:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999+14:00');
      return fc.oneof(fc.constantFrom('do', 'exec', 'tick', '* * * * *', 'every 90s', 'H H * * *'), hostile);
    default:
      return anything;
  }
};

const OPTIONAL_MAX = 3;

const objectOf = ({ properties = {}, required = [] }: Json): fc.Arbitrary<unknown> => {
  const fields = Object.fromEntries(
    Object.entries(properties as Record<string, Json>).map(([name, field]) => [name, valueFor(field)]),
  );
  const requiredKeys = (required as readonly string[]).filter((name) => name in fields);
  // Few of the others: many fields exclude each other, and what is refused as a whole never gets far.
  const others = Object.keys(fields).filter((name) => !requiredKeys.includes(name));
  const some = fc
    .subarray(others, { maxLength: Math.min(others.length, OPTIONAL_MAX) })
    .chain((names) =>
      fc.record(Object.fromEntries([...requiredKeys, ...names].map((name) => [name, fields[name] ?? anything]))),
    );
  return fc.oneof(
    { weight: 8, arbitrary: some },
    { weight: 1, arbitrary: fc.record({ ...fields, unknown: anything }, { requiredKeys: [] }) },
  );
};

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

const requestOf = (path: string, method: string, operation: Json): fc.Arbitrary<Request> => {
  const parameters = (operation.parameters ?? []) as readonly Json[];
  const named = (place: string) => parameters.filter((each) => each.in === place).map(({ name }) => String(name));
  const schemaOf = (name: string): Json => (parameters.find((each) => each.name === name)?.schema ?? {}) as Json;
  const content = (
    operation.requestBody as { readonly content?: Record<string, { readonly schema: Json }> } | undefined
  )?.content;
  const body = content === undefined ? fc.constant(undefined) : valueFor(content['application/json']?.schema ?? {});
  const names = named('query').filter((name) => name !== 'timeoutMs' && name !== 'count');
  return fc
    .record({
      inPath: fc.array(hostile, { minLength: 2, maxLength: 2 }),
      inQuery: fc.record(Object.fromEntries(names.map((name) => [name, valueFor(schemaOf(name))])), {
        requiredKeys: [],
      }),
      body,
    })
    .map((given) => {
      let index = 0;
      const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(wellFormed(given.inPath[index++] ?? '')));
      const query = Object.entries(given.inQuery).map(
        ([name, value]) => `${name}=${encodeURIComponent(wellFormed(textOf(value)))}`,
      );
      const noWait = named('query').includes('timeoutMs') ? ['timeoutMs=0'] : [];
      return { method: method.toUpperCase(), path: `${filled}?${[...query, ...noWait].join('&')}`, body: given.body };
    });
};

/** A lone surrogate cannot be in an address. */
const wellFormed = (text: string): string => text.toWellFormed();

const OPERATIONS = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, path, method, operation] as const,
  ),
);
const RUNS = 40;
/** A planted bug is found within so many times RUNS requests. */
const PLANTED_ROUNDS_MAX = 20;
/** A body that says to wait is not what this is about, ms. */
const WAIT_MS_MAX = 20;
const TIMEOUT_MS = 60_000;

/** Fails with the request that was answered badly. */
const answers = (scene: ApiScene, path: string, method: string, operation: Json): Promise<void> =>
  fc.assert(
    fc.asyncProperty(requestOf(path, method, operation), async ({ method: verb, path: place, body }) => {
      const patient = isObject(body) && Number(body.waitMs) > WAIT_MS_MAX ? { ...body, waitMs: WAIT_MS_MAX } : body;
      const given = patient === undefined ? {} : { body: JSON.stringify(patient) };
      const { status, body: answer } = await scene.ask(verb, place, given);
      const known = [200, 201, 400, 403, 404, 409, 413, 414, 431, 504];
      expect(known, `${verb} ${place}: ${JSON.stringify(answer)}`).toContain(status);
    }),
    { numRuns: RUNS },
  );

test.each(OPERATIONS)(
  '%s answers whatever it is asked',
  async (_name, path, method, operation) => {
    await using scene = await ApiScene.open();
    await answers(scene, path, method, operation);
    // Whatever was written can be read.
    for (const list of ['/v1/jobs', '/v1/cronjobs', '/v1/locks', '/v1/dlq', '/v1/bucket-owners', '/v1/overview'])
      await scene.get(list);
  },
  TIMEOUT_MS,
);

test('a planted bug is found: an operation that breaks when it is asked for a priority of 7', async () => {
  await using scene = await ApiScene.open();
  const append = scene.store.append.bind(scene.store);
  scene.store.append = (mutation) => {
    if (mutation.jobs?.some(({ jobId }) => jobPriority(jobId) === 7) === true) throw new TypeError('a bug');
    return append(mutation);
  };
  const [, path, method, operation] = OPERATIONS.find(([name]) => name === 'POST /v1/jobs') ?? OPERATIONS[0] ?? [];
  if (path === undefined || method === undefined || operation === undefined) throw new Error('no such operation');
  const ask = async (): Promise<void> => {
    for (let round = 0; round < PLANTED_ROUNDS_MAX; round += 1) await answers(scene, path, method, operation);
  };
  // Not always a request for 7 itself: the same key again is the job of the first request.
  await expect(ask()).rejects.toMatchObject({ cause: { message: expect.stringContaining('INTERNAL') } });
});

const isObject = (given: unknown): given is Json =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

test.each([
  ['no request at all', 'nonsense\r\n\r\n'],
  [
    'a body shorter than said',
    'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n',
  ],
  ['two lengths', 'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['headers without end', `GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['a path out of the tree', 'GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
  ['no host', 'GET /v1/jobs HTTP/1.1\r\nConnection: close\r\n\r\n'],
])('%s: refused with 4xx, and the next one is answered', async (_name, text) => {
  await using scene = await ApiScene.open();
  expect(await raw(scene, text)).toMatch(/^HTTP\/1\.1 4\d\d /);
  await scene.get('/v1/jobs');
});

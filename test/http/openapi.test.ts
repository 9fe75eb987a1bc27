// The description of the API: valid by an independent validator, up to date, and complete; the page made from it loads nothing.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { packageVersion } from '../../src/commands/version.ts';
import { docsPage } from '../../src/http/docs-page.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { OPERATIONS } from '../../src/http/operations/all.ts';
import { ApiScene } from './api-scene.ts';

const document = openApiDocument(packageVersion());
const validate = async (given: unknown) =>
  new Validator().validate(structuredClone(given) as Parameters<Validator['validate']>[0]);

describe('the OpenAPI document', () => {
  test('is valid, as another program says', async () => {
    expect(await validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true });
  });

  test('with a fault is not', async () => {
    const broken = JSON.parse(JSON.stringify(document)) as { paths: Record<string, { get: { responses?: unknown } }> };
    const jobs = broken.paths['/v1/jobs/{id}'];
    if (jobs !== undefined) jobs.get.responses = 'nothing';
    expect(await validate(broken)).toMatchObject({ valid: false });
  });

  test('is what docs/openapi.json has: npm run openapi', () => {
    expect(readFileSync('docs/openapi.json', 'utf8')).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  test('names every operation once', () => {
    const ids = Object.values(document.paths ?? {}).flatMap((methods) =>
      Object.values(methods as Record<string, { readonly operationId: string }>).map(({ operationId }) => operationId),
    );
    const expected = OPERATIONS.flatMap(({ id, alias }) => (alias === undefined ? [id] : [id, `${id}Alias`]));
    expect(ids.toSorted()).toEqual(expected.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('says what a bad request gets', () => {
    expect(JSON.stringify(document.components?.schemas)).toContain('requestId');
  });
});

describe('the documentation page', () => {
  const page = docsPage(document);

  test('has every path, and asks nobody for anything', () => {
    for (const { path, alias = path } of OPERATIONS) {
      expect(page).toContain(path);
      expect(page).toContain(alias);
    }
    expect(page).toContain('curl -X POST localhost:7070/v1/cronjobs');
    expect(page).not.toMatch(/<script|https?:\/\/|src=|@import/);
  });

  test('is served with a policy that allows nothing else', async () => {
    await using scene = await ApiScene.open();
    const { headers, body } = await scene.ask('GET', '/docs');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(body.text).toContain('jobctl API');
    expect((await scene.ask('GET', '/')).headers.get('location')).toBe('/docs');
    expect(await scene.get('/openapi.json')).toMatchObject({ openapi: '3.1.0' });
    expect(await scene.get('/readyz')).toEqual({ ready: true });
  });
});

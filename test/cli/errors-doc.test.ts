// docs/errors.md and the code name the same errors.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES, EXIT } from '../../src/core/model/errors.ts';

const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];

test('docs/errors.md lists every code once, in order', () => {
  expect(rows.map(([, code]) => code)).toEqual([...ERROR_CODES].sort());
});

test('its exit codes exist', () => {
  for (const [, , exit] of rows) expect(Object.values(EXIT)).toContain(Number(exit));
});

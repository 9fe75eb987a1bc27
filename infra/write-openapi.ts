// Writes docs/openapi.json, the description of the API (`npm run openapi`); a test says when it is out of date.
import { writeFileSync } from 'node:fs';
import { packageVersion } from '../src/commands/version.ts';
import { openApiDocument } from '../src/http/openapi.ts';

const file = new URL('../docs/openapi.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(openApiDocument(packageVersion()), null, 2)}\n`);

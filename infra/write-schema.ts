// Writes infra/schema.cql from the migrations: the same text that `jobctl db init` carries out.
import { writeFileSync } from 'node:fs';
import { schemaCql } from '../src/store/cassandra/schema.ts';

writeFileSync(new URL('schema.cql', import.meta.url), schemaCql());

// What can be known of the Cassandra store without a server; the laws run on a real one (test/integration).
import { readFileSync } from 'node:fs';
import { type policies, types } from 'cassandra-driver';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/chaos/seeded-random.ts';
import { JOB_ID_BYTES, jobIdBytes, jobIdOf, makeJobId } from '../../../src/core/model/ids.ts';
import { isRefused, storeError } from '../../../src/store/cassandra/errors.ts';
import { MIGRATIONS, schemaCql } from '../../../src/store/cassandra/schema.ts';
import { SerialReadRetry } from '../../../src/store/cassandra/serial-read-retry.ts';
import { parseCassandraUrl } from '../../../src/store/cassandra/url.ts';
import { bucketOf } from '../../support/rows.ts';

const failure = (name: string, fields: object = {}): Error => Object.assign(new Error('no'), { name, ...fields });

test('infra/schema.cql is what the migrations say: write it with `npm run schema`', () => {
  const written = readFileSync(new URL('../../../infra/schema.cql', import.meta.url), 'utf8');
  expect(written).toBe(schemaCql());
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});

test('an id goes into 16 bytes and back, and sorts alike', () => {
  const random = seededRandom(5);
  const ids = Array.from({ length: 2_000 }, () =>
    makeJobId(
      { bucket: bucketOf(random.uint32() % 16), priority: random.uint32() % 10, dueMs: random.uint32() },
      random,
    ),
  );
  for (const id of ids) expect(jobIdOf(jobIdBytes(id, new Uint8Array(JOB_ID_BYTES)))).toBe(id);
  const sorted = ids.toSorted();
  const hex = sorted.map((id) => jobIdBytes(id, Buffer.alloc(JOB_ID_BYTES)).toString('hex'));
  expect(hex).toEqual(hex.toSorted());
});

describe('the store URL', () => {
  test('names hosts, keyspace and data centre', () => {
    const { contactPoints, keyspace, localDataCenter } = parseCassandraUrl('cassandra://a,b:9999,[::1]/jobs_1?dc=eu');
    expect([contactPoints, keyspace, localDataCenter]).toEqual([['a:9042', 'b:9999', '[::1]:9042'], 'jobs_1', 'eu']);
  });

  test.each([
    ['cassandra:///jobctl?dc=dc1', 'names no host'],
    ['cassandra://a?dc=dc1', 'names no keyspace'],
    ['cassandra://a/Jobs?dc=dc1', 'not a keyspace in lower case'],
    ['cassandra://a/jobctl', 'stay in the data centre'],
    ['cassandra://a/jobctl?dc=dc1&password=x', 'does not know "password"'],
    ['cassandra://a/jobctl?dc=dc1&user=me', 'user and passwordFile go together'],
    ['cassandra://a b/jobctl?dc=dc1&x', 'does not know "x"'],
    ['cassandra://a:b/jobctl?dc=dc1', '"a:b" is not a host'],
  ])('%s: %s', (url, detail) => {
    expect(() => parseCassandraUrl(url)).toThrow(
      expect.objectContaining({ code: 'STORE_URL_INVALID', detail: expect.stringContaining(detail) }),
    );
  });
});

describe('errors of the driver', () => {
  test.each([
    ['OperationTimedOutError', {}],
    ['NoHostAvailableError', { innerErrors: {} }],
    ['ResponseError', { code: types.responseErrorCodes.writeTimeout }],
    ['ResponseError', { code: types.responseErrorCodes.unavailableException, alive: 1, required: 2 }],
    ['ResponseError', { code: types.responseErrorCodes.overloaded }],
  ])('%s %o: nobody knows, try again', (name, fields) => {
    const error = failure(name, fields);
    expect(isRefused(error)).toBe(false);
    expect(storeError(error, 'u')).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });

  test.each([
    ['ResponseError', { code: types.responseErrorCodes.syntaxError }, 'INTERNAL'],
    ['ResponseError', { code: types.responseErrorCodes.unauthorized }, 'STORE_DENIED'],
    ['AuthenticationError', {}, 'STORE_DENIED'],
    ['NoHostAvailableError', { innerErrors: { a: failure('AuthenticationError') } }, 'STORE_DENIED'],
  ])('%s %o: %s', (name, fields, code) => {
    expect(storeError(failure(name, fields), 'u')).toMatchObject({ code, retryable: false });
  });
});

test('a linearizable read that lost its round of Paxos is repeated once, on another node', () => {
  const retry = new SerialReadRetry();
  const operation = (nbRetry: number) => ({ nbRetry }) as policies.retry.OperationInfo;
  const { localSerial } = types.consistencies;
  const again = retry.retryResult(localSerial, false);
  expect(again).not.toEqual(retry.rethrowResult());
  expect(retry.onWriteTimeout(operation(0), localSerial)).toEqual(again);
  expect(retry.onReadTimeout(operation(0), localSerial)).toEqual(again);
  expect(retry.onWriteTimeout(operation(1), localSerial)).toEqual(retry.rethrowResult());
});

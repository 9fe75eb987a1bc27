// A real node that wants TLS, a user and a password.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { startProcessCluster } from '../../src/cluster/process/join.ts';
import { connect } from '../../src/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openSchema } from '../../src/store/open.ts';
import { privatePlace } from '../support/private-place.ts';
import { describeOwnCluster } from '../support/real-cassandra.ts';

const TIMEOUT_MS = 240_000;
/** Cassandra makes its first user some seconds after it answers. */
const FIRST_USER_MS = 60_000;
const STORE_PASSWORD = 'changeit';
const SERVER_NAME = 'cassandra.test';

describeOwnCluster('a node that wants to know who comes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jobctl-secured-'));
  const file = (name: string): string => join(folder, name);
  let cluster: ProcessCluster;

  beforeAll(async () => {
    const store = [
      '-alias',
      'node',
      '-keystore',
      file('node.p12'),
      '-storetype',
      'PKCS12',
      '-storepass',
      STORE_PASSWORD,
    ];
    const subject = ['-keyalg', 'RSA', '-validity', '2', '-dname', 'CN=node', '-ext', `SAN=dns:${SERVER_NAME}`];
    execFileSync('keytool', ['-genkeypair', ...store, ...subject], { stdio: 'ignore' });
    execFileSync('keytool', ['-exportcert', '-rfc', ...store, '-file', file('ca.pem')], { stdio: 'ignore' });
    writeFileSync(file('password'), 'cassandra\n');
    writeFileSync(file('wrong'), 'guess\n');
    const encryption = { enabled: true, keystore: file('node.p12'), keystore_password: STORE_PASSWORD };
    cluster = await startProcessCluster({
      ...{ nodes: 1, directory: file('nodes'), clock: systemClock, heapMb: 512, ...privatePlace('secured.test', 1) },
      settings: {
        authenticator: 'PasswordAuthenticator',
        authorizer: 'CassandraAuthorizer',
        client_encryption_options: JSON.stringify(encryption),
      },
    });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }, TIMEOUT_MS);

  const urlWith = (settings: Readonly<Record<string, string>>): string =>
    `cassandra://${cluster.contactPoints.join(',')}/secured?${new URLSearchParams({ dc: 'dc1', ...settings })}`;
  const tls = { tls: 'on', caFile: file('ca.pem'), serverName: SERVER_NAME };
  const user = { user: 'cassandra', passwordFile: file('password') };

  test(
    'is a store for those who bring both, and refuses the others with a reason',
    async () => {
      const url = urlWith({ ...tls, ...user });
      const isLetIn = (): Promise<boolean> =>
        openSchema(url).then(
          (schema) => schema[Symbol.asyncDispose]().then(() => true),
          () => false,
        );
      await vi.waitUntil(isLetIn, { timeout: FIRST_USER_MS, interval: 500 });
      {
        await using schema = await openSchema(url);
        await schema.init({ replicationFactor: 1, bucketCount: 2 });
      }
      await using client = await connect({ store: url });
      const { id } = await client.submit({ type: 'any' });
      expect(await client.job(id)).toMatchObject({ state: 'pending' });
      await using lock = await client.lock('one');
      expect(lock.token).toBe(1);

      for (const given of [{ ...tls, ...user, passwordFile: file('wrong') }, tls]) {
        await expect(connect({ store: urlWith(given) })).rejects.toMatchObject({
          code: 'STORE_DENIED',
          retryable: false,
        });
      }
      const { caFile: _, ...unknownAuthority } = tls;
      for (const given of [user, { ...unknownAuthority, ...user }, { ...tls, ...user, serverName: 'other.test' }]) {
        await expect(connect({ store: urlWith(given) })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      }
    },
    TIMEOUT_MS,
  );
});

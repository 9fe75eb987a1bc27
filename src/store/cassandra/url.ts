// Reads `cassandra://HOST[:PORT],HOST.../KEYSPACE?dc=NAME&...`: where the cluster is, and how to be let in.
import { readFileSync } from 'node:fs';
import { errorText, usageError } from '../../core/model/errors.ts';

const PORT_DEFAULT = 9042;
const KEYSPACE_PATTERN = /^[a-z][a-z0-9_]{0,47}$/;
const EXAMPLE = '`cassandra://10.0.0.1,10.0.0.2/jobctl?dc=dc1`';
const SETTINGS = ['dc', 'user', 'passwordFile', 'tls', 'caFile', 'certFile', 'keyFile', 'serverName'] as const;
type SettingName = (typeof SETTINGS)[number];

export interface CassandraAddress {
  /** As given, for people. Holds no secret: a password comes from a file. */
  readonly url: string;
  /** `host:port` each. */
  readonly contactPoints: readonly string[];
  readonly keyspace: string;
  readonly localDataCenter: string;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  /** Options of node:tls; null = no TLS. */
  readonly tls: {
    readonly rejectUnauthorized: true;
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly servername?: string;
  } | null;
}

/** Throws STORE_URL_INVALID for what cannot be read, FILE_UNREADABLE for a file that is named and cannot be read. */
export const parseCassandraUrl = (url: string): CassandraAddress => {
  const [, hosts = '', keyspace = '', query = ''] = /^cassandra:\/\/([^/?]*)\/?([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  const settings = parseSettings(url, query);
  if (hosts === '') throw invalid(url, 'it names no host');
  if (!KEYSPACE_PATTERN.test(keyspace)) {
    const detail = keyspace === '' ? 'it names no keyspace' : `"${keyspace}" is not a keyspace in lower case`;
    throw invalid(url, detail);
  }
  const dc = settings.get('dc');
  if (dc === undefined) {
    throw usageError('STORE_URL_INVALID', `the store URL "${url}" names no data centre`, {
      detail: 'requests stay in the data centre that is named: `nodetool status` shows it',
      hint: `add ?dc=NAME, as in ${EXAMPLE}`,
    });
  }
  return {
    url,
    contactPoints: hosts.split(',').map((host) => withPort(url, host)),
    keyspace,
    localDataCenter: dc,
    credentials: parseCredentials(url, settings),
    tls: parseTls(settings),
  };
};

type Settings = ReadonlyMap<SettingName, string>;

const parseSettings = (url: string, query: string): Settings => {
  const settings = new Map<SettingName, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const known = SETTINGS.find((each) => each === name);
    if (known === undefined) throw invalid(url, `it does not know "${name}", but ${SETTINGS.join(', ')}`);
    settings.set(known, value);
  }
  return settings;
};

/** An address of IPv6 is written in brackets when a port follows. */
const withPort = (url: string, host: string): string => {
  const [, name = '', port] = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(host.trim()) ?? [];
  if (name === '') throw invalid(url, `"${host}" is not a host, or host:port`);
  return `${name}:${port ?? PORT_DEFAULT}`;
};

const parseCredentials = (url: string, settings: Settings): CassandraAddress['credentials'] => {
  const [username, passwordFile] = [settings.get('user'), settings.get('passwordFile')];
  if (username === undefined && passwordFile === undefined) return null;
  if (username === undefined || passwordFile === undefined) {
    throw invalid(url, 'user and passwordFile go together; a password is never part of the URL');
  }
  return { username, password: read(passwordFile).toString('utf8').trim() };
};

const parseTls = (settings: Settings): CassandraAddress['tls'] => {
  const [ca, cert, key] = [settings.get('caFile'), settings.get('certFile'), settings.get('keyFile')];
  const servername = settings.get('serverName');
  if (!['on', 'true'].includes(settings.get('tls') ?? '') && ca === undefined && cert === undefined) return null;
  return {
    // The driver's own default is to encrypt, and to believe whoever answers.
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(cert === undefined ? {} : { cert: read(cert) }),
    ...(key === undefined ? {} : { key: read(key) }),
    ...(servername === undefined ? {} : { servername }),
  };
};

const read = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw usageError('FILE_UNREADABLE', `cannot read ${file}, which the store URL names`, {
      detail: errorText(cause),
      hint: 'check the path and its permissions',
      cause,
    });
  }
};

const invalid = (url: string, detail: string) =>
  usageError('STORE_URL_INVALID', `cannot read the store URL "${url}"`, { detail, hint: `write ${EXAMPLE}` });

// What the driver's errors mean. A request that was refused as such will be refused again; after anything else nobody knows
// whether it was carried out, and the caller may repeat what is idempotent.
import { EXIT, errorText, JobctlError, unavailableError, usageError } from '../../core/model/errors.ts';

/** Error codes of the native protocol (native_protocol_v4.spec, section 9). */
const CODES = {
  badCredentials: 0x0100,
  unavailable: 0x1000,
  syntax: 0x2000,
  unauthorized: 0x2100,
  invalid: 0x2200,
  configuration: 0x2300,
  alreadyExists: 0x2400,
} as const;
const REFUSED: readonly number[] = [CODES.syntax, CODES.invalid, CODES.configuration, CODES.alreadyExists];
const NOT_ALLOWED: readonly number[] = [CODES.badCredentials, CODES.unauthorized];

interface DriverError extends Error {
  readonly code?: number;
  readonly required?: number;
  readonly alive?: number;
  readonly innerErrors?: Readonly<Record<string, Error>>;
}

/** The server understood the request and will never carry it out. */
export const isRefused = (error: unknown): boolean => {
  const { name, code = -1 } = error as DriverError;
  if (name === 'AuthenticationError') return true;
  return name === 'ResponseError' && (REFUSED.includes(code) || NOT_ALLOWED.includes(code));
};

export const isMissingKeyspace = (error: unknown): boolean =>
  /keyspace.*(does not exist|is not known)|unconfigured table|table .* does not exist/i.test(errorText(error));

export const storeError = (error: unknown, url: string): unknown => {
  if (error instanceof JobctlError) return error;
  const driver = error as DriverError;
  const denied = driver.name === 'AuthenticationError' || NOT_ALLOWED.includes(driver.code ?? -1);
  const refusal = innermost(driver);
  if (denied || refusal?.name === 'AuthenticationError') {
    return usageError('STORE_DENIED', `Cassandra does not let this user in, or do this`, {
      detail: refusal?.message ?? driver.message,
      hint: 'give ?user=NAME&passwordFile=FILE in the store URL, and GRANT the user MODIFY and SELECT on the keyspace',
      cause: error,
    });
  }
  if (isMissingKeyspace(error)) return schemaMissing(url, error);
  if (isRefused(error)) {
    return new JobctlError('INTERNAL', EXIT.failed, `Cassandra refused a statement: ${driver.message}`, {
      detail: 'this is a bug in jobctl, or the schema was changed by hand',
      hint: 'compare the schema with `jobctl db status`, and report it with --debug',
      cause: error,
    });
  }
  return notAnswering(driver, url);
};

const notAnswering = (error: DriverError, url: string): JobctlError => {
  if (error.code === CODES.unavailable) {
    return unavailableError('STORE_UNAVAILABLE', `no quorum: ${error.alive} of ${error.required} replicas are alive`, {
      detail: `${url}; nothing was read or written`,
      hint: 'see the nodes with `jobctl cluster status` or `nodetool status`; it works again once they are back',
      cause: error,
    });
  }
  if (error.name === 'NoHostAvailableError') {
    const tried = Object.entries(error.innerErrors ?? {}).map(([host, { message }]) => `${host}: ${message}`);
    return unavailableError('STORE_UNAVAILABLE', 'no Cassandra node answers', {
      detail: tried.length === 0 ? url : tried.join('\n'),
      hint: 'start one with `jobctl cluster up`, or run without Cassandra: `jobctl dev`',
      cause: error,
    });
  }
  return unavailableError('STORE_UNAVAILABLE', 'Cassandra did not answer in time', {
    detail: `${error.message} (${url})`,
    hint: 'a write may or may not have happened; see the nodes with `jobctl cluster status` or `nodetool status`',
    cause: error,
  });
};

const innermost = ({ innerErrors }: DriverError): Error | undefined =>
  Object.values(innerErrors ?? {}).find(({ name }) => name === 'AuthenticationError');

export const schemaMissing = (url: string, cause?: unknown): JobctlError =>
  usageError('SCHEMA_MISSING', `there is no jobctl schema in ${url}`, {
    detail: 'the keyspace or its tables do not exist',
    hint: 'make them with `jobctl db init --rf 3`',
    ...(cause === undefined ? {} : { cause }),
  });

export const schemaOlder = (url: string, found: number, known: number): JobctlError =>
  usageError('SCHEMA_OLDER', `the schema in ${url} is older than this jobctl`, {
    detail: `it has version ${found}, this program needs ${known}`,
    hint: 'bring it up to date with `jobctl db migrate`',
  });

export const schemaNewer = (url: string, found: number, known: number): JobctlError =>
  usageError('SCHEMA_NEWER', `the schema in ${url} was made by a newer jobctl`, {
    detail: `it has version ${found}, this program knows ${known}`,
    hint: 'upgrade jobctl, or use another keyspace',
  });

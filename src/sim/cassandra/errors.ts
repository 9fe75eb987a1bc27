// Errors in the shapes that the driver gives: the class name, and the protocol's code with its fields.
import { type JobctlError, unavailableError } from '../../core/model/errors.ts';

/** Error codes of the native protocol. */
const UNAVAILABLE = 0x1000;
const WRITE_TIMEOUT = 0x1100;
const READ_TIMEOUT = 0x1200;
const LOCAL_QUORUM = 6;

export class DriverError extends Error {
  constructor(name: string, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = name;
    Object.assign(this, fields);
  }
}

export const noHostAvailable = (): DriverError =>
  new DriverError('NoHostAvailableError', 'All host(s) tried for query failed', { innerErrors: {} });

/** The client gave up: whether the request was carried out is not known. */
export const operationTimedOut = (host: string): DriverError =>
  new DriverError('OperationTimedOutError', `The host ${host} did not reply before timeout`, { host });

export const unavailable = (required: number, alive: number): DriverError =>
  new DriverError('ResponseError', 'Not enough replicas available for query', {
    code: UNAVAILABLE,
    consistencies: LOCAL_QUORUM,
    required,
    alive,
  });

/** The coordinator gave up. */
export const coordinatorTimedOut = (kind: RequestKind, blockFor: number): DriverError =>
  kind === 'read'
    ? new DriverError('ResponseError', 'Server timeout during read query', { code: READ_TIMEOUT, blockFor })
    : new DriverError('ResponseError', 'Server timeout during write query', {
        code: WRITE_TIMEOUT,
        blockFor,
        writeType: kind === 'write' ? 'UNLOGGED_BATCH' : 'CAS',
      });

export type RequestKind = 'read' | 'write' | 'cas';

/** What the port says about it: nothing is known, the caller may try again. */
export const storeError = (cause: unknown): JobctlError =>
  unavailableError('STORE_UNAVAILABLE', 'the simulated cluster did not answer', { cause });

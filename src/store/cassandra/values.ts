// How values of the model stand in columns: ids as uuid, states and operations as small numbers, numbers out of the driver's
// 64-bit ones.
import { types } from 'cassandra-driver';
import { JOB_ID_BYTES, type JobId, jobIdBytes, jobIdOf } from '../../core/model/ids.ts';
import { ATTEMPT_STATES, type AttemptState, POINTER_OPS, type PointerOp } from '../../core/model/job.ts';

export const uuidOfJob = (id: JobId): types.Uuid => new types.Uuid(jobIdBytes(id, Buffer.allocUnsafe(JOB_ID_BYTES)));
export const jobOfUuid = (uuid: types.Uuid): JobId => jobIdOf(uuid.getBuffer());

export const uuidOf = (text: string): types.Uuid => types.Uuid.fromString(text);

/** Below 2^53 by construction (docs/decisions/001-fence-is-a-number.md). */
export const numberOf = (value: types.Long): number => value.toNumber();
export const numberOrNull = (value: types.Long | null): number | null => (value === null ? null : value.toNumber());

/** A null would be written as a tombstone in its cell; this writes nothing. */
export const orUnset = <Value>(value: Value | null): Value | typeof types.unset => value ?? types.unset;

/** Codes are places in the lists of the model: those only ever grow at the end. */
export const stateCode = (state: AttemptState): number => ATTEMPT_STATES.indexOf(state);
export const stateOf = (code: number): AttemptState => known(ATTEMPT_STATES[code], 'state', code);
export const opCode = (op: PointerOp): number => POINTER_OPS.indexOf(op);
export const opOf = (code: number): PointerOp => known(POINTER_OPS[code], 'op', code);

const known = <Value>(value: Value | undefined, column: string, code: number): Value => {
  if (value === undefined) throw new Error(`column ${column} holds ${code}, which this version does not know`);
  return value;
};

// Writes down what a process asks of the store, as far as an invariant speaks of it.
import type { Store } from '../../core/ports/store.ts';
import type { Kind, Recorder, Signatures } from './history.ts';

export const recordedStore = (store: Store, recorder: Recorder, who: string): Store => {
  const note = <F extends Kind, Result extends Signatures[F][1]>(
    f: F,
    given: Signatures[F][0],
    work: Promise<Result>,
  ): Promise<Result> => recorder.during(recorder.begin(who, f, given), work);
  /** A plain write answers nothing. */
  const noteWrite = async (f: Written, given: Signatures[Written][0], work: Promise<void>): Promise<void> => {
    await note(
      f,
      given,
      work.then(() => null),
    );
  };
  return {
    ...store,
    append: (mutation) => noteWrite('append', mutation, store.append(mutation)),
    checkpointWrite: (row) => noteWrite('checkpoint', row, store.checkpointWrite(row)),
    partitionDelete: (partition) => noteWrite('purge', partition, store.partitionDelete(partition)),
    deadLetterAppend: (rows) => noteWrite('letter', rows, store.deadLetterAppend(rows)),
    sessionInsert: (row) => note('sessionInsert', row, store.sessionInsert(row)),
    sessionRenew: (change) => note('sessionRenew', change, store.sessionRenew(change)),
    sessionEnd: (change) => note('sessionEnd', change, store.sessionEnd(change)),
    lockTake: (change) => note('lockTake', change, store.lockTake(change)),
    lockRelease: (change) => note('lockRelease', change, store.lockRelease(change)),
    lockGet: (name) => note('lockGet', name, store.lockGet(name)),
    keyInsert: (row) => note('keyInsert', row, store.keyInsert(row)),
  };
};

type Written = 'append' | 'checkpoint' | 'purge' | 'letter';

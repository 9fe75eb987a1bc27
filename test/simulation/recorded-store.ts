// Notes in the history what a process asks of the store, as far as an invariant speaks of it.
import type { Store } from '../../src/core/ports/store.ts';
import type { History } from './history.ts';

export const recordedStore = (store: Store, history: History, who: string): Store => ({
  ...store,
  append: async (mutation) => {
    await history.during(
      history.begin(who, 'append', mutation),
      store.append(mutation).then(() => null),
    );
  },
  checkpointWrite: async (row) => {
    await history.during(
      history.begin(who, 'checkpoint', row),
      store.checkpointWrite(row).then(() => null),
    );
  },
  partitionDelete: async (partition) => {
    await history.during(
      history.begin(who, 'purge', partition),
      store.partitionDelete(partition).then(() => null),
    );
  },
  deadLetterAppend: async (rows) => {
    await history.during(
      history.begin(who, 'letter', rows),
      store.deadLetterAppend(rows).then(() => null),
    );
  },
  sessionInsert: (row) => history.during(history.begin(who, 'sessionInsert', row), store.sessionInsert(row)),
  sessionRenew: (change) => history.during(history.begin(who, 'sessionRenew', change), store.sessionRenew(change)),
  sessionEnd: (change) => history.during(history.begin(who, 'sessionEnd', change), store.sessionEnd(change)),
  lockTake: (change) => history.during(history.begin(who, 'lockTake', change), store.lockTake(change)),
  lockRelease: (change) => history.during(history.begin(who, 'lockRelease', change), store.lockRelease(change)),
  lockGet: (name) => history.during(history.begin(who, 'lockGet', name), store.lockGet(name)),
  keyInsert: (row) => history.during(history.begin(who, 'keyInsert', row), store.keyInsert(row)),
});

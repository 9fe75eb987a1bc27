// Wakes workers when rows arrive: a byte written into a small file beside the database, which every process watches. In
// this process it is a function call. A doorbell only ever saves time.
import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from 'node:fs';
import type { HintPort } from '../../core/ports/store.ts';

export interface Doorbell extends HintPort {
  ring(): void;
  close(): void;
}

/** `path` null: this process only. */
export const createDoorbell = (path: string | null): Doorbell => {
  const file = path === null ? null : openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const listeners = new Set<(bucket: null) => void>();
  let watcher: FSWatcher | null = null;
  /** Since the turn of the event loop began; `again`: and something came after it. */
  let rung: 'no' | 'yes' | 'again' = 'no';
  let isClosed = false;

  const ringHere = (): void => {
    for (const listener of listeners) listener(null);
  };
  const ringEverywhere = (): void => {
    ringHere();
    if (file !== null && !isClosed) touch(file);
  };
  const startWatching = (): void => {
    if (path === null || watcher !== null) return;
    try {
      watcher = watch(path, { persistent: false }, ringHere);
      watcher.on('error', () => {}); // workers poll once a second anyway
    } catch {
      watcher = null; // as above: no watch is only slower
    }
  };
  return {
    ring: () => {
      if (rung !== 'no') {
        rung = 'again';
        return;
      }
      rung = 'yes';
      ringEverywhere();
      setImmediate(() => {
        if (rung === 'again') ringEverywhere();
        rung = 'no';
      });
    },
    hintSubscribe: (listener) => {
      listeners.add(listener);
      startWatching();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        watcher?.close();
        watcher = null;
      };
    },
    close: () => {
      isClosed = true;
      watcher?.close();
      listeners.clear();
      if (file !== null) closeSync(file);
    },
  };
};

/** The file keeps its one byte; writing it is what watchers see. */
const touch = (file: number): void => {
  try {
    writeSync(file, '.', 0);
  } catch {
    // A full disk: the hint is lost, and the rows were refused with a clear error already.
  }
};

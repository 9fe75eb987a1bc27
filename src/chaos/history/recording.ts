// What a process writes down of itself: with JOBCTL_HISTORY=FILE any worker, scheduler or client does.
import { basename } from 'node:path';
import type { EventSink } from '../../core/ports/events.ts';
import type { Handlers } from '../../core/ports/handler.ts';
import type { Store } from '../../core/ports/store.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { isExpected } from '../workload/client.ts';
import { FileRecorder } from './file.ts';
import type { Recorder } from './history.ts';
import { recordedHandlers } from './recorded-handlers.ts';
import { recordedStore } from './recorded-store.ts';

export interface Recording {
  readonly recorder: Recorder;
  /** The name of the file, and the pid: `w1.4711`. One that is started again goes on in the same file as somebody else. */
  readonly who: string;
  store(store: Store): Store;
  handlers(handlers: Handlers): Handlers;
  /** Notes what has no place in the protocol. */
  readonly events: EventSink;
}

/** Throws what the file system does. */
export const startRecording = (file: string): Recording => {
  const recorder = new FileRecorder(file, machineMs);
  const who = `${basename(file).replace(/\.jsonl$/, '')}.${process.pid}`;
  recorder.note(who, 'process', 'started');
  return {
    recorder,
    who,
    store: (store) => recordedStore(store, recorder, who),
    handlers: (handlers) => recordedHandlers(handlers, recorder, who),
    events: {
      emit: (event) => {
        if (event.type !== 'loop.failed' || isExpected(event.error)) return;
        recorder.note(who, 'surprise', `${event.loop}: ${surpriseText(event.error)}`);
      },
    },
  };
};

const surpriseText = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

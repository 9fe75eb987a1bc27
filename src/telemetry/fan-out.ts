// One event sink out of several. A sink that throws costs neither the others nor the work that emitted the event.
import type { EventSink } from '../core/ports/events.ts';

export const fanOut = (...sinks: readonly EventSink[]): EventSink => ({
  emit: (event) => {
    for (const sink of sinks) {
      try {
        sink.emit(event);
      } catch {
        // Telemetry is for looking at the work, never a reason to fail it.
      }
    }
  },
});

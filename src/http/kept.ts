// Answers that are made once for all who ask within a moment: what is asked with every request must not cost a read each.
import type { Service } from './operation.ts';

/** The same answer for `keptMs`; one that fails is not kept. */
export const kept = <Result>(keptMs: number, make: (service: Service) => Promise<Result>) => {
  const made = new WeakMap<Service, { readonly atMs: number; readonly answer: Promise<Result> }>();
  return (service: Service): Promise<Result> => {
    const nowMs = service.clock.monotonicMs();
    const found = made.get(service);
    if (found !== undefined && nowMs - found.atMs < keptMs) return found.answer;
    const answer = make(service);
    made.set(service, { atMs: nowMs, answer });
    answer.catch(() => made.delete(service));
    return answer;
  };
};

// Which types of jobs are handled now. One that no live worker knows is most often a misspelt one.
import { usageError } from '../model/errors.ts';
import { didYouMean } from '../model/suggest.ts';
import type { MemberStore } from '../ports/store.ts';

/** Throws JOB_TYPE_UNKNOWN for a type that no live worker handles. With no live worker any type passes: they may start later. */
export const typeGuard = async (store: MemberStore): Promise<(type: string) => void> => {
  const workers = await store.memberList('worker');
  if (workers.length === 0) return () => {};
  const handled = [...new Set(workers.flatMap((worker) => worker.types))].sort();
  return (type) => {
    if (handled.includes(type)) return;
    throw usageError('JOB_TYPE_UNKNOWN', `no live worker handles the type "${type}"`, {
      detail: `types handled: ${handled.join(', ')}`,
      hint: `${didYouMean(type, handled)}--allow-unknown-type (allowUnknownType in the API) submits it anyway`,
    });
  };
};

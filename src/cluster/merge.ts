// Several streams as one, each item as it comes.
import type { LogLine } from '../core/ports/cluster.ts';

/** Ends when all have ended. Whoever stops early ends them all. */
export const mergeStreams = async function* <Item>(streams: readonly AsyncIterable<Item>[]): AsyncGenerator<Item> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const next = async (index: number) => ({ index, result: await iterators[index]?.next() });
  const waiting = new Map(iterators.map((_, index) => [index, next(index)]));
  try {
    while (waiting.size > 0) {
      const { index, result } = await Promise.race(waiting.values());
      if (result === undefined || result.done) waiting.delete(index);
      else {
        waiting.set(index, next(index));
        yield result.value;
      }
    }
  } finally {
    // A stream that waits answers its return only after that wait: the caller's signal ends it.
    for (const iterator of iterators) void iterator.return?.();
  }
};

export const named = async function* (node: string, lines: AsyncIterable<string>): AsyncGenerator<LogLine> {
  for await (const line of lines) yield { node, line };
};

// Prints results in the order in which they were asked for, each as soon as it and all before it are certain.
import { OutputClosed } from '../context.ts';
import type { ResultSink } from './out.ts';

/** Results on their way at once: fills several batches of a store, bounds memory. */
const IN_FLIGHT_MAX = 2_000;

export class InOrder<Row> {
  /** The first one. */
  failure: { readonly error: unknown } | null = null;
  readonly #sink: ResultSink<Row>;
  #open: Promise<void>[] = [];
  #printed: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(sink: ResultSink<Row>) {
    this.#sink = sink;
  }

  /** Waits while too many are on their way. False: something failed, no more is wanted. */
  async add(row: Promise<Row>): Promise<boolean> {
    const settled = row.then(
      (value) => () => this.#print(value),
      (error: unknown) => () => this.failed(error),
    );
    this.#printed = Promise.all([settled, this.#printed]).then(([print]) => print());
    this.#open.push(this.#printed);
    if (this.#open.length >= IN_FLIGHT_MAX) {
      await this.#open[IN_FLIGHT_MAX / 2];
      this.#open = this.#open.slice(IN_FLIGHT_MAX / 2);
    }
    return this.failure === null;
  }

  failed(error: unknown): void {
    this.failure ??= { error };
  }

  /** Resolves with the number of printed rows, once nothing is on its way. */
  async end(): Promise<number> {
    await this.#printed;
    if (!(this.failure?.error instanceof OutputClosed)) this.#sink.end();
    return this.#count;
  }

  #print(row: Row): void {
    try {
      this.#sink.add(row);
      this.#count += 1;
    } catch (error) {
      this.failed(error);
    }
  }
}

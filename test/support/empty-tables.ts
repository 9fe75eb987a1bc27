// Empties a keyspace between tests: quicker than a schema, whose statements take ten seconds.
import { vi } from 'vitest';
import { JobctlError } from '../../src/core/model/errors.ts';
import { openSchema } from '../../src/store/open.ts';

/** How long nodes may take to see that a mended one is up again: gossip goes round once a second. */
const SEEN_UP_TIMEOUT_MS = 60_000;

/** Nobody may be using the store. Waits until every node believes that all are up: a TRUNCATE needs all of them. */
export const emptyTables = async (url: string): Promise<void> => {
  await using schema = await openSchema(url);
  const isEmpty = async (): Promise<boolean> => {
    try {
      await schema.empty();
      return true;
    } catch (error) {
      if (error instanceof JobctlError && error.retryable) return false;
      throw error;
    }
  };
  await vi.waitUntil(isEmpty, { timeout: SEEN_UP_TIMEOUT_MS, interval: 500 });
};

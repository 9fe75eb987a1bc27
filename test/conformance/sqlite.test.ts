// The laws, on the embedded store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Store } from '../../src/core/ports/store.ts';
import { openStore } from '../../src/store/open.ts';
import { jobLaws } from './job-laws.ts';
import { lockLaws } from './lock-laws.ts';
import { scheduleLaws } from './schedule-laws.ts';

const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'jobctl-laws-'));
  try {
    await using store = await openStore(`sqlite:${join(folder, 'jobs.db')}`);
    await use(store);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

describe('embedded store', () => {
  jobLaws(withStore);
  lockLaws(withStore);
  scheduleLaws(withStore);
});

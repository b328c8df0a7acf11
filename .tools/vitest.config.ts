import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const root = path.resolve(import.meta.dirname, '..');

/** Where connectors write down their runs, instead of the home folder. */
const states = mkdtempSync(path.join(tmpdir(), 'hbl-states-'));
process.on('exit', () => {
  rmSync(states, { recursive: true, force: true });
});

function suitesOf(...folders: string[]): string[] {
  return folders.map((folder) => `__test__/${folder}/**/*.test.ts`);
}

/** Suites that start processes of their own and mostly wait for them: two at a time. */
const waiting = suitesOf('packaging', 'contract', 'client', 'connector', 'examples');
/** Suites that count what the machine holds, measure time or need all of it: one after the other. */
const alone = suitesOf('e2e', 'stress', 'orders');

const shared = {
  root,
  env: { CONNECTOR_STATE_DIR: states },
  // A process per file: the addon is loaded once per process, and a crash ends one file only.
  pool: 'forks' as const,
  testTimeout: 20_000,
  hookTimeout: 60_000,
  teardownTimeout: 20_000,
};

export default defineConfig({
  root,
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['__test__/**/*.test.ts'],
          exclude: [...waiting, ...alone],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'processes',
          include: waiting,
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: alone,
          testTimeout: 60_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

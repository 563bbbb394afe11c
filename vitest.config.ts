import { defineConfig } from 'vitest/config';

/** Four kinds of test, from the quickest to the slowest; `npm test` runs them all. */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/plain-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          // A bound for what hangs, not for what is slow on a loaded machine.
          testTimeout: 60_000,
          include: [
            'test/{base,raft,kv,replica,wire,storage,fault,check,net,sim,node,cluster,commands,torture,scenario,lesson,console,cli,museum}/**/*.test.{ts,tsx}',
            'test/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'process',
          include: ['test/process/**/*.test.ts', 'test/screens/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

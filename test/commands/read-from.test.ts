import { expect, it } from 'vitest';
import { revision } from '../../src/base/brand.ts';
import type { ReadOptions } from '../../src/cluster/driver.ts';
import { runLine } from '../../src/commands/run-line.ts';
import { contextOf, fakeCluster } from './fake-cluster.ts';

it.each([
  ['get k', undefined],
  ['get k --read-from any', 'any'],
  ['get k --read-from leader', 'leader'],
  ['range a b', undefined],
  ['range a b --read-from any', 'any'],
])('%s asks whom it names', async (line, readFrom) => {
  const asked: (ReadOptions | undefined)[] = [];
  const cluster = fakeCluster();
  const kv = {
    ...cluster.kv,
    get: async (_key: string, options?: ReadOptions) => {
      asked.push(options);
      return { kv: null, revision: revision(1) };
    },
    range: async (_query: object, options?: ReadOptions) => {
      asked.push(options);
      return { kvs: [], count: 0, more: false, revision: revision(1) };
    },
  };
  await runLine(line, contextOf({ ...cluster, kv }));
  expect(asked.map((options) => options?.readFrom)).toEqual([readFrom]);
});

/** What is asked of the nodes about a moment of the past. */
import { describe, expect, it } from 'vitest';
import { nodeId, revision } from '../../../src/base/brand.ts';
import { RpcError } from '../../../src/base/errors.ts';
import type { ReadOptions } from '../../../src/cluster/driver.ts';
import { noReads, type PastReads, pastReads } from '../../../src/cluster/recording/past-keys.ts';

/** Answers with what it was asked; the first `failing` questions fail. */
function asked(failing = 0, newest = 100) {
  const calls: object[] = [];
  const note = (call: object): void => {
    calls.push(call);
    if (calls.length <= failing) throw new RpcError('NO_QUORUM', { detail: 'nobody answers' });
  };
  const kv: PastReads = {
    get: async (key, options) => {
      note({ key, ...options });
      return { kv: null, revision: options?.revision ?? newest };
    },
    range: async (query, options) => {
      note({ ...query, ...options });
      return { kvs: [], count: 0, more: false, revision: revision(options?.revision ?? newest) };
    },
    history: async (key, page, options) => {
      note({ key, ...page, ...options });
      return { versions: [], more: false, compactedBelow: revision(0), revision: revision(newest) };
    },
  };
  return { calls, reads: pastReads(kv, 40) };
}

describe('keys of the past', () => {
  it('are read at the revision of that moment, from any node', async () => {
    const { calls, reads } = asked();
    expect(await reads.get('a')).toMatchObject({ revision: 40 });
    await reads.range({ prefix: 'a' });
    const any = { consistency: 'stale', deadlineMs: 1_000 };
    expect(calls).toEqual([
      { key: 'a', revision: 40, ...any },
      { prefix: 'a', revision: 40, ...any },
    ]);
  });

  it('are read at an older revision when that is asked for, and never at a later one', async () => {
    const { calls, reads } = asked();
    await reads.get('a', { revision: 12 });
    expect(calls).toEqual([expect.objectContaining({ revision: 12 })]);
    await expect(reads.get('a', { revision: 41 })).rejects.toThrow('revision 41 was yet to come then; the newest was 40');
    expect(calls).toHaveLength(1);
  });

  it('have the history that they had then', async () => {
    const { calls, reads } = asked();
    expect((await reads.history('a', { limit: 5 })).revision).toBe(40);
    await reads.history('a', { before: 12 });
    await reads.history('a', { before: 99 });
    expect(calls.map((call) => 'before' in call && call.before)).toEqual([41, 12, 41]);
  });

  it('are asked of a majority where a first node has not got so far or does not answer', async () => {
    const { calls, reads } = asked(1);
    const options: ReadOptions = { deadlineMs: 3_000, consistency: 'linearizable' };
    await reads.get('a', options);
    expect(calls[1]).toEqual({ key: 'a', revision: 40, ...options });
    const behind = asked(0, 39);
    await expect(behind.reads.history('a')).rejects.toThrow('revision 40 is yet to come');
  });

  it('are asked of one node alone when that is named', async () => {
    const { calls, reads } = asked(1);
    await expect(reads.get('a', { node: nodeId('n2'), consistency: 'stale' })).rejects.toThrow('nobody answers');
    expect(calls).toEqual([{ key: 'a', revision: 40, node: 'n2', consistency: 'stale' }]);
  });

  it('are refused with the reason where nobody can tell', async () => {
    const reads = noReads('Go on in time.');
    for (const refused of [reads.get('a'), reads.range({}), reads.history('a')])
      await expect(refused).rejects.toThrow('Go on in time.');
  });
});

import { describe, expect, it } from 'vitest';
import { RpcError } from '../../src/base/errors.ts';
import { argumentHint, commonBeginning, complete, ghostText } from '../../src/commands/completion.ts';
import { fakeCluster, pictureOf } from './fake-cluster.ts';

const cluster = fakeCluster();
for (const key of ['user:1', 'user:2', 'user 3', 'zebra']) await cluster.kv.put(key, 'x');

async function offers(line: string): Promise<string[]> {
  const completion = await complete(line, line.length, cluster);
  return completion.candidates.map((candidate) => candidate.text);
}

describe('complete', () => {
  it('offers commands, also behind "fault"', async () => {
    expect(await offers('pa')).toEqual(['pause', 'partition']);
    expect(await offers('fault iso')).toEqual(['isolate']);
    expect(await offers('po')).toEqual(['power-loss']);
    expect(await offers('disk n1 --fail ')).toEqual(['write', 'sync']);
    expect(await offers('')).toContain('help');
  });

  it('offers other names for the same where none of ours begins so', async () => {
    expect(await offers('se')).toEqual(['set', 'setnx']);
    expect(await offers('exi')).toEqual(['exists']);
    expect(await offers('exists us')).toEqual(['"user 3"', 'user:1', 'user:2']);
    expect(await offers('mov')).toEqual(['move-leader']);
    expect(argumentHint('set ')).toContain('KEY VALUE');
  });

  it('offers the keys of the cluster, quoted where they must be', async () => {
    expect(await offers('get user')).toEqual(['"user 3"', 'user:1', 'user:2']);
    expect(await offers('get "user ')).toEqual(['"user 3"']);
  });

  it('offers nodes and words for nodes, also in the middle of a list', async () => {
    expect(await offers('kill n')).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
    expect(await offers('kill n1,lea')).toEqual(['n1,leader']);
    expect(await offers('kill !lea')).toEqual(['!leader']);
    expect(await offers('partition r')).toEqual(['random', 'ring']);
    expect(await offers('why re')).toEqual(['refused']);
  });

  it('offers flags that are not yet there, and their choices', async () => {
    expect(await offers('range --re')).toEqual(['--reverse', '--rev', '--read-from']);
    expect(await offers('range --reverse --re')).toEqual(['--rev', '--read-from']);
    expect(await offers('get k --consistency ')).toEqual(['linearizable', 'lease', 'stale']);
    expect(await offers('range --prefix user:')).toEqual(['user:1', 'user:2']);
    expect(await offers('undo -')).toEqual(['-w']);
    expect(await offers('get -w ta')).toEqual(['table']);
    expect(await offers('get -w table us')).toEqual(['"user 3"', 'user:1', 'user:2']);
    expect(argumentHint('get -w ')).toBe('simple|table|json');
    expect(argumentHint('get -w json ')).toMatch(/^KEY /);
  });

  it('offers nothing where nothing can stand', async () => {
    expect(await offers('nosuch x')).toEqual([]);
    expect(await offers('put k v ')).toEqual([]);
    expect(await offers('put k "\\q')).toEqual([]);
  });

  it('knows only what this cluster can do', async () => {
    const plain = fakeCluster(pictureOf(3), []);
    const completion = await complete('ki', 2, plain);
    expect(completion.candidates).toEqual([]);
  });

  it('offers no keys when the cluster does not answer', async () => {
    cluster.failWith = new RpcError('NO_QUORUM');
    expect(await offers('get us')).toEqual([]);
  });

  it('finds what all candidates have in common', async () => {
    const line = 'get user:';
    expect(commonBeginning(await complete('get us', 6, cluster), 'get us')).toBeNull();
    expect(
      commonBeginning(
        {
          from: 4,
          to: 9,
          candidates: [
            { text: 'user:10', summary: '' },
            { text: 'user:11', summary: '' },
          ],
        },
        line,
      ),
    ).toBe('user:1');
  });
});

describe('hints', () => {
  it('shows the newest line that begins like this one', () => {
    expect(ghostText('put', ['put a 1', 'get a', 'put b 2'])).toBe(' b 2');
    expect(ghostText('', ['put a 1'])).toBe('');
    expect(ghostText('put b 2', ['put b 2'])).toBe('');
  });

  it('names what is still missing', () => {
    expect(argumentHint('put ')).toBe('KEY VALUE [--deadline] [--secret]');
    expect(argumentHint('put k ')).toBe('VALUE [--deadline] [--secret]');
    expect(argumentHint('range --limit ')).toBe('NUMBER');
    expect(argumentHint('pu')).toBe('');
  });

  it('goes on naming it while a word is written', () => {
    expect(argumentHint('put')).toBe('KEY VALUE [--deadline] [--secret]');
    expect(argumentHint('put k')).toBe('VALUE [--deadline] [--secret]');
    expect(argumentHint('put k "two wor')).toBe('[--deadline] [--secret]');
    expect(argumentHint('range --limit')).toBe('NUMBER');
    expect(argumentHint('fault isolate')).toBe('[NODES] [--for]');
    expect(argumentHint('5 put k')).toBe('VALUE [--deadline] [--secret]');
  });
});

import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ReadyWords } from '../../src/cluster/native/process/ready-words.ts';

const LONG = 60_000;

describe('the words of nodes that were launched', () => {
  it('tell the first that serves, however its word arrives', async () => {
    const words = new ReadyWords();
    const [n1, n2] = [new PassThrough(), new PassThrough()];
    words.hear('n1', n1);
    words.hear('n2', n2);
    n2.write('serv');
    n2.write('ing 7\n');
    expect(await words.first(LONG)).toEqual({ leader: 'n2', term: 7 });
    n1.write('serving 8\n');
    n2.end();
    expect(await words.first(LONG)).toEqual({ leader: 'n2', term: 7 });
    words.close();
    expect([n1.destroyed, n2.destroyed]).toEqual([true, true]);
  });

  it('are waited for in vain when a node ends without one', async () => {
    const words = new ReadyWords();
    const node = new PassThrough();
    words.hear('n1', node);
    node.end('serving');
    expect(await words.first(LONG)).toBeNull();
  });

  it('are not waited for longer than asked, nor is nonsense kept', async () => {
    const words = new ReadyWords();
    const node = new PassThrough();
    words.hear('n1', node);
    node.write('x'.repeat(1_000_000));
    node.write('serving 1\n');
    expect(await words.first(1)).toBeNull();
    words.close();
  });
});

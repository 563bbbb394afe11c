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
    n2.write('listening\nserv');
    await words.listening(LONG);
    n2.write('ing 7\n');
    expect(await words.first(LONG)).toEqual({ leader: 'n2', term: 7 });
    n1.write('listening\nserving 8\n');
    n2.end();
    expect(await words.first(LONG)).toEqual({ leader: 'n2', term: 7 });
    words.close();
    expect([n1.destroyed, n2.destroyed]).toEqual([true, true]);
  });

  it('are waited for in vain when a node ends without one', async () => {
    const words = new ReadyWords();
    const node = new PassThrough();
    words.hear('n1', node);
    node.end('list');
    expect(await words.first(LONG)).toBeNull();
    await words.listening(LONG);
  });

  it('are not waited for longer than asked, nor is nonsense kept', async () => {
    const words = new ReadyWords();
    const node = new PassThrough();
    words.hear('n1', node);
    node.write('x'.repeat(1_000_000));
    node.write('listening\nserving 1\n');
    expect(await words.first(1)).toBeNull();
    await words.listening(1);
    words.close();
  });
});

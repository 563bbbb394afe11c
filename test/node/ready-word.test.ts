import { fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readyWord, saysListening, termSaid } from '../../src/node/ready-word.ts';

it('a node says that it can be reached, and once that it serves, on the descriptor that it was given, and closes that', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raftkv-word-'));
  try {
    const file = join(folder, 'word');
    const descriptor = openSync(file, 'w');
    const said = (): string => readFileSync(file, 'latin1');
    const word = readyWord(String(descriptor));
    expect(saysListening(said())).toBe(false);
    word?.onListening();
    expect([saysListening(said()), termSaid(said())]).toEqual([true, null]);
    word?.onServing(3);
    word?.onServing(4);
    word?.onListening();
    expect([said(), termSaid(said())]).toEqual(['listening\nserving 3\n', 3]);
    expect(() => fstatSync(descriptor)).toThrow(/EBADF/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([undefined, '', '2', '-3', '03', '3.5', '4096', 'stdout'])('to %s it says nothing', (descriptor) => {
  expect(readyWord(descriptor)).toBeNull();
});

it('a node whose launcher has gone goes on', () => {
  const word = readyWord('998');
  expect(() => word?.onListening()).not.toThrow();
  expect(() => word?.onServing(1)).not.toThrow();
});

it.each([
  ['', null],
  ['listening\n', null],
  ['listening\nserving 12', null],
  ['listening\nserving 12\n', 12],
  ['listening\nserving 12\nand more', 12],
  ['listening\nserving -1\n', null],
  ['serving 1\n', null],
])('%j is heard as %s', (text, term) => {
  expect(termSaid(text)).toBe(term);
});

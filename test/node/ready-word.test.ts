import { fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readyWord, termSaid } from '../../src/node/ready-word.ts';

it('a node says once that it serves, on the descriptor that it was given, and closes that', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raftkv-word-'));
  try {
    const file = join(folder, 'word');
    const descriptor = openSync(file, 'w');
    const say = readyWord(String(descriptor));
    say?.(3);
    say?.(4);
    expect(termSaid(readFileSync(file, 'latin1'))).toBe(3);
    expect(readFileSync(file, 'latin1')).toBe('serving 3\n');
    expect(() => fstatSync(descriptor)).toThrow(/EBADF/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([undefined, '', '2', '-3', '03', '3.5', '4096', 'stdout'])('to %s it says nothing', (descriptor) => {
  expect(readyWord(descriptor)).toBeNull();
});

it('a node whose launcher has gone goes on', () => {
  expect(() => readyWord('998')?.(1)).not.toThrow();
});

it.each([
  ['', null],
  ['serving 12', null],
  ['serving 12\n', 12],
  ['serving 12\nand more', 12],
  ['serving -1\n', null],
  [' serving 1\n', null],
])('%j is heard as %s', (text, term) => {
  expect(termSaid(text)).toBe(term);
});

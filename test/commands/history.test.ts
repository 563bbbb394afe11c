import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History, keepsLine, MOST_LINES } from '../../src/commands/history.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raftkv-history-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('History', () => {
  it('appends each line to a file that only its owner can read', () => {
    const file = join(dir, 'state', 'history');
    const one = new History(file);
    const other = new History(file);
    one.add('put a 1');
    other.add('put b 2');
    one.add('put a 1');
    expect(readFileSync(file, 'utf8')).toBe('put a 1\nput b 2\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(new History(file).lines).toEqual(['put a 1', 'put b 2']);
  });

  it('keeps secrets out', () => {
    const file = join(dir, 'history');
    const history = new History(file);
    for (const line of [' put a 1', 'put a hunter2 --secret', 'get a', 'put b\nput c']) history.add(line);
    expect(readFileSync(file, 'utf8')).toBe('get a\nput b put c\n');
    expect(keepsLine(' put a 1')).toBe(false);
    expect(keepsLine('put a hunter2 --secret')).toBe(false);
    expect(keepsLine('')).toBe(false);
    expect(keepsLine('put --secrets a')).toBe(true);
  });

  it('keeps the newest lines only', () => {
    const file = join(dir, 'history');
    writeFileSync(file, Array.from({ length: 7_000 }, (_, i) => `get ${i}\n`).join(''));
    const history = new History(file);
    expect(history.lines).toHaveLength(MOST_LINES);
    expect(history.lines.at(-1)).toBe('get 6999');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(MOST_LINES + 1);
  });

  it('works without a file that can be written', () => {
    writeFileSync(join(dir, 'plain'), '');
    const history = new History(join(dir, 'plain', 'history'));
    history.add('get a');
    expect(history.lines).toEqual(['get a']);
  });
});

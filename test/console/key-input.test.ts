import { describe, expect, it } from 'vitest';
import type { Key } from '../../src/console/ink.ts';
import { keyName, keysOf } from '../../src/console/key-input.ts';

const NO_KEY: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
};

const names = (input: string, flags: Partial<Key> = {}): (string | null)[] => keysOf(input, { ...NO_KEY, ...flags }).map(keyName);

describe('key names', () => {
  it('splits what was typed fast into single keys', () => {
    expect(names('jjj')).toEqual(['j', 'j', 'j']);
  });

  it('takes a carriage return inside text for Enter, as it arrives without brackets around a paste', () => {
    expect(names('get a\r')).toEqual(['g', 'e', 't', 'space', 'a', 'enter']);
  });

  it('splits by code point, not by UTF-16 unit', () => {
    expect(names('漢👩é')).toEqual(['漢', '👩', 'é']);
  });

  it('keeps Ctrl-Q and Alt-q apart from q', () => {
    expect(names('q', { ctrl: true })).toEqual(['ctrl-q']);
    expect(names('q', { meta: true })).toEqual(['alt-q']);
    expect(names('q')).toEqual(['q']);
  });

  it('names the keys that come as flags', () => {
    expect(names('', { upArrow: true })).toEqual(['up']);
    expect(names('', { return: true })).toEqual(['enter']);
    expect(names('', { tab: true, shift: true })).toEqual(['shift-tab']);
    expect(names('', { rightArrow: true, ctrl: true })).toEqual(['ctrl-right']);
    expect(names('', { backspace: true, meta: true })).toEqual(['alt-backspace']);
    expect(names('', { escape: true })).toEqual(['escape']);
  });

  it('gives nothing for keys without a name', () => {
    expect(names('')).toEqual([]);
    expect(names('\0')).toEqual([]);
  });

  it('has no name for a paste: it never triggers anything', () => {
    expect(keyName({ type: 'paste', text: 'q' })).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommand, describeCommand, encodeCommand } from '../../src/kv/command-text.ts';
import type { Command, RequestId } from '../../src/kv/commands.ts';
import { anyKey, anyText } from './text-arbitraries.ts';

const positive = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.maxSafeInteger().filter((n) => n >= 1),
);
const request: fc.Arbitrary<RequestId | null> = fc.option(
  fc.record({ session: positive, sequence: positive, acknowledged: fc.oneof(fc.constant(0), positive) }),
);
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.constant<Command>({ type: 'open-session' }),
  fc.record({ type: fc.constant('put' as const), key: anyKey, value: anyText, request }),
  fc.record({ type: fc.constant('delete' as const), key: anyKey, request }),
  fc.record({ type: fc.constant('cas' as const), key: anyKey, expect: fc.option(anyText), value: anyText, request }),
);

describe('the text of a command', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(command, (each) => {
        expect(decodeCommand(encodeCommand(each))).toEqual(each);
      }),
      { numRuns: 2_000 },
    );
  });

  it('looks like this', () => {
    const of = { session: 7, sequence: 3, acknowledged: 2 };
    expect(encodeCommand({ type: 'put', key: 'user:42', value: 'ann', request: of })).toBe('p 7 3 2 7 user:42ann');
    expect(encodeCommand({ type: 'delete', key: 'user:42', request: null })).toBe('d 0 0 0 user:42');
    expect(encodeCommand({ type: 'cas', key: 'k', expect: null, value: 'v', request: of })).toBe('c 7 3 2 1 - kv');
    expect(encodeCommand({ type: 'cas', key: 'k', expect: '', value: 'v', request: of })).toBe('c 7 3 2 1 0 kv');
    expect(encodeCommand({ type: 'open-session' })).toBe('o');
  });

  it('adds nothing that JSON would have to escape', () => {
    for (const request of [null, { session: 7, sequence: 3, acknowledged: 2 }]) {
      const text = encodeCommand({ type: 'cas', key: 'k', expect: 'a', value: 'v', request });
      expect(JSON.stringify(text).length).toBe(text.length + 2);
    }
  });

  it('is the only text for its command', () => {
    const nearly = fc
      .tuple(command, fc.nat(), fc.constantFrom('', ' ', '0', '1', '-', '+', 'p', '\ud800', '.', 'e'))
      .map(([each, at, insert]) => {
        const text = encodeCommand(each);
        const position = at % (text.length + 1);
        return text.slice(0, position) + insert + text.slice(position + (at % 2));
      });
    fc.assert(
      fc.property(fc.oneof(nearly, anyText, fc.string({ unit: 'binary' })), (text) => {
        const decoded = decodeCommand(text);
        if (decoded !== null) expect(encodeCommand(decoded)).toBe(text);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    '',
    'p',
    'o ',
    'x 0 0 0 k',
    'p0 0 0 1 kv',
    'p 0 0 0',
    'p 0 0 0 1',
    'p 0 0 0 1 ',
    'p 0 0 0 2 k',
    'p 0 0 0 0 v',
    'p 00 0 0 1 kv',
    'p 1 0 0 1 kv',
    'p 0 1 0 1 kv',
    'p -1 1 0 1 kv',
    'p 1.0 1 0 1 kv',
    'p 1e3 1 0 1 kv',
    'p 1 1 0 9007199254740992 kv',
    'p 9007199254740992 1 0 1 kv',
    'p 1 1 0 1 \ud83d\ude00v',
    'p 1 1 0 1 k\ud800',
    'd 0 0 0 ',
    'd 0 0 0',
    'c 0 0 0 1 -kv',
    'c 0 0 0 1 -1 kv',
    'c 0 0 0 1 2 kv',
    'p  1 1 0 1 kv',
    'p 99999999999999999999999999 1 0 1 kv',
  ])('refuses %j', (text) => {
    expect(decodeCommand(text)).toBeNull();
  });
});

describe('a command for people', () => {
  const put = (key: string, value: string): string => encodeCommand({ type: 'put', key, value, request: null });

  it('reads like what was typed', () => {
    expect(describeCommand(put('user:42', 'ann'), 80)).toBe('put user:42 "ann"');
    expect(describeCommand(encodeCommand({ type: 'delete', key: 'k', request: null }), 80)).toBe('delete k');
    expect(describeCommand(encodeCommand({ type: 'cas', key: 'k', expect: null, value: 'v', request: null }), 80)).toBe(
      'cas k absent -> "v"',
    );
    expect(describeCommand(encodeCommand({ type: 'cas', key: 'k', expect: 'a', value: 'v', request: null }), 80)).toBe(
      'cas k "a" -> "v"',
    );
    expect(describeCommand('o', 80)).toBe('open session');
    expect(describeCommand('nonsense', 80)).toBe('unreadable: nonsense');
  });

  it('is never longer than asked for and never ends in half a character', () => {
    fc.assert(
      fc.property(command, fc.integer({ min: 1, max: 40 }), (each, max) => {
        const text = describeCommand(encodeCommand(each), max);
        expect(text.length).toBeLessThanOrEqual(max);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
    expect(describeCommand(put('k', 'v'.repeat(100)), 12)).toBe('put k "vvvv…');
  });
});

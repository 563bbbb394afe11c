import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/commands/command.ts';
import { asWord, quote } from '../../src/commands/quote.ts';
import { splitWords } from '../../src/commands/words.ts';

const texts = (line: string): string[] => splitWords(line).map((word) => word.text);
const columnOf = (line: string): number | null => {
  try {
    splitWords(line);
  } catch (error) {
    if (error instanceof UsageError) return error.column;
    throw error;
  }
  return null;
};

describe('splitWords', () => {
  it.each([
    ['put k v', ['put', 'k', 'v']],
    ['  put \t k  v  ', ['put', 'k', 'v']],
    ['put k "a b"', ['put', 'k', 'a b']],
    ['put k \'a "b" \\n\'', ['put', 'k', 'a "b" \\n']],
    ['put k "\\x41\\u{1F600}\\n\\t\\\\\\""', ['put', 'k', 'A😀\n\t\\"']],
    ['put k "\\ud83d\\ude00"', ['put', 'k', '😀']],
    ['put k {"a": [1, "x } y"]}', ['put', 'k', '{"a": [1, "x } y"]}']],
    ['put k [1, 2, 3]', ['put', 'k', '[1, 2, 3]']],
    ['put k ""', ['put', 'k', '']],
    ['put C:\\temp x', ['put', 'C:\\temp', 'x']],
    ['put a"b c"d e', ['put', 'ab cd', 'e']],
    ['', []],
    ['   ', []],
  ])('splits %j', (line, expected) => {
    expect(texts(line)).toEqual(expected);
  });

  it.each([
    ['put k "abc', 6],
    ["put k 'abc", 6],
    ['put k {"a": 1', 6],
    ['put k "a\\q"', 8],
    ['put k "\\ud800"', 7],
    ['put k "\\u{110000}"', 7],
    ['put k [1}', 6],
  ])('tells the column of what is wrong in %j', (line, column) => {
    expect(columnOf(line)).toBe(column);
  });

  it('reads back every well-formed text that quote() wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(texts(quote(text))).toEqual([text]);
        expect(texts(`put ${asWord(text)} v`)[1]).toBe(text);
      }),
    );
  });

  it('fails only with a usage error, whatever is typed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '\\', '{', '}', '[', ']', 'x', 'u', '-', '😀') }),
        (line) => {
          try {
            const words = splitWords(line);
            for (const word of words) expect(word.start).toBeLessThan(word.end);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
    );
  });
});

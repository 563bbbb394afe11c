import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EditKey } from '../../src/commands/line-editor.ts';
import { TerminalKeys } from '../../src/commands/terminal-keys.ts';

const read = (...chunks: string[]): EditKey[] => {
  const keys = new TerminalKeys();
  return chunks.flatMap((chunk) => [...keys.feed(chunk)]);
};
const key = (name: string): EditKey => ({ type: 'key', name });
const text = (characters: string): EditKey => ({ type: 'text', text: characters });

describe('TerminalKeys', () => {
  it.each([
    ['abc', [text('abc')]],
    ['get a\r', [text('get a'), key('enter')]],
    ['\x1b[A\x1b[B', [key('up'), key('down')]],
    ['\x1bOH\x1b[4~', [key('home'), key('end')]],
    ['\x1b[1;5C', [key('ctrl-right')]],
    ['\x1b[3~', [key('delete')]],
    ['\x1bb\x1b\x7f', [key('alt-b'), key('alt-backspace')]],
    ['\x01\x0b\x12\x7f', [key('ctrl-a'), key('ctrl-k'), key('ctrl-r'), key('backspace')]],
    ['\x1b[<0;10;5M', [key('unknown')]],
    ['\x1b[200~a\r\nb\x1b[201~c', [{ type: 'paste', text: 'a\r\nb' }, text('c')]],
  ])('%j', (input, expected) => {
    expect(read(input)).toEqual(expected);
  });

  it('puts together what arrives in pieces', () => {
    expect(read('\x1b', '[', 'A')).toEqual([key('up')]);
    expect(read('\x1b[200~ab', 'cd\x1b[20', '1~x')).toEqual([{ type: 'paste', text: 'abcd' }, text('x')]);
  });

  it('takes a lone Escape only when nothing follows', () => {
    const keys = new TerminalKeys();
    expect(keys.feed('\x1b')).toEqual([]);
    expect(keys.waiting).toBe(true);
    expect(keys.flush()).toEqual([key('escape')]);
  });

  it('gives the same paste however the input is cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.nat(40), { maxLength: 5 }), (pasted, cuts) => {
        fc.pre(!pasted.includes('\x1b'));
        const whole = `\x1b[200~${pasted}\x1b[201~`;
        const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const chunks = at.slice(1).map((end, i) => whole.slice(at[i], end));
        expect(read(...chunks)).toEqual([{ type: 'paste', text: pasted }]);
      }),
    );
  });

  it('never keeps more than it must, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('\x1b', '[', '1', ';', '~', 'O', 'a', '\x00', '<') })), (chunks) => {
        const keys = new TerminalKeys();
        for (const chunk of chunks) keys.feed(chunk);
        keys.flush();
        expect(keys.waiting).toBe(false);
      }),
    );
  });
});

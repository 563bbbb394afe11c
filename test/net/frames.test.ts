import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesAsBytes, framesAsLatin1 } from '../../src/net/frames.ts';

/** A reader of its own, from RFC 6455 §5.2 and no other source: the texts, and the keys that masked them. */
function read(bytes: Buffer): { readonly texts: string[]; readonly keys: (number | null)[] } {
  const texts: string[] = [];
  const keys: (number | null)[] = [];
  for (let at = 0; at < bytes.length; ) {
    // FIN, no reserved bit, opcode 1.
    expect(bytes[at]).toBe(0b1000_0001);
    const second = bytes.readUInt8(at + 1);
    at += 2;
    let length = second & 0x7f;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      expect(length).toBeGreaterThan(125);
      at += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at));
      expect(length).toBeGreaterThan(65_535);
      at += 8;
    }
    const key = second >= 0x80 ? bytes.subarray(at, at + 4) : null;
    if (key !== null) at += 4;
    keys.push(key?.readUInt32BE() ?? null);
    const payload = Buffer.from(bytes.subarray(at, at + length)).map((byte, i) => byte ^ (key?.[i % 4] ?? 0));
    texts.push(Buffer.from(payload).toString());
    at += length;
  }
  return { texts, keys };
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme-ascii' }),
  fc.constantFrom(
    ...[0, 1, 125, 126, 65_535, 65_536, 70_001].flatMap((length) => ['x'.repeat(length), `${'x'.repeat(length)}é`]),
  ),
);

describe('frames', () => {
  it('come out of the bytes as they went in, masked or not', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), fc.boolean(), (texts, masked) => {
        const { texts: found, keys } = read(framesAsBytes(texts, masked));
        expect(found).toEqual(texts);
        expect(keys.every((key) => (key !== null) === masked)).toBe(true);
      }),
    );
  });

  it('are the same as text, where all of it is ASCII', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
        const ascii = texts.every((each) => Buffer.byteLength(each) === each.length);
        const expected = ascii ? framesAsBytes(texts, false).toString('latin1') : null;
        expect(framesAsLatin1(texts)).toBe(expected);
      }),
    );
  });

  it('are masked with another key each', () => {
    const { keys } = read(framesAsBytes(Array<string>(5_000).fill('x'), true));
    // Two of 5,000 keys of 32 bits are the same in one run of 350; a hundred are never.
    expect(new Set(keys).size).toBeGreaterThan(4_900);
  });
});

import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesAsBytes } from '../../src/net/frames.ts';
import { HeldBytes, HeldText } from '../../src/net/held-frame.ts';
import { callText } from '../../src/wire/load-frames.ts';

const before = Buffer.from('what came before');

/** The frame of a text as it lies in a read, between others. */
function held(text: string, masked: boolean): HeldBytes {
  const frame = framesAsBytes([text], masked);
  const payload = Buffer.byteLength(text);
  const end = before.length + frame.length;
  return new HeldBytes(Buffer.concat([before, frame, before]), end - payload, end, masked);
}

const call = fc
  .record({
    id: fc.nat(),
    key: fc.string({ unit: 'grapheme' }),
    value: fc.string(),
    method: fc.constantFrom('kv.put', 'kv.get', 'kv.range'),
  })
  .map(({ id, method, ...params }) => callText(id, method, params));
const text = fc.oneof(
  call,
  call.map((each) => `[${each}]`),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
);

describe('a frame that waits', () => {
  it('tells the id of a call of the load without being read, and says what it said afterwards', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (text, masked) => {
        const frame = held(text, masked);
        expect(frame.loadId()).toBe(new HeldText(text).loadId());
        expect(frame.text()).toBe(text);
      }),
    );
    expect(held(callText(12, 'kv.put', { key: 'k', value: 'v' }), true).loadId()).toBe(12);
    expect(held(callText(12, 'node.status', {}), true).loadId()).toBeNull();
    const longest = `{"jsonrpc":"2.0","id":${Number.MAX_SAFE_INTEGER},"method":"kv.delete","params":{}}`;
    expect(held(longest, true).loadId()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('is nothing when it is not UTF-8', () => {
    const bytes = Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]);
    expect(new HeldBytes(bytes, 0, bytes.length, false).text()).toBeNull();
  });
});

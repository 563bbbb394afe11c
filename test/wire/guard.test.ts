import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { CLIENT_FRAMES, guardFrame } from '../../src/wire/guard.ts';
import { isSlight, shapeProblem } from '../../src/wire/scan.ts';

const guard = (text: string): ReturnType<typeof guardFrame> => guardFrame(text, CLIENT_FRAMES);

describe('a frame', () => {
  it('passes as it is when it is one call', () => {
    const call = { jsonrpc: '2.0', id: 1, method: 'kv.get', params: { key: '"\\"{[' } };
    expect(guard(JSON.stringify(call))).toEqual({ type: 'calls', batch: false, calls: [call] });
  });

  it('passes without id, as a notification, and without params', () => {
    expect(guard('{"jsonrpc":"2.0","method":"m"}')).toMatchObject({ type: 'calls' });
  });

  it('passes as a batch, notifications among the calls', () => {
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'a' },
      { jsonrpc: '2.0', method: 'b' },
      { jsonrpc: '2.0', method: 'b' },
      { jsonrpc: '2.0', id: '1', method: 'a' },
    ];
    expect(guard(JSON.stringify(batch))).toEqual({ type: 'calls', batch: true, calls: batch });
  });

  it.each([
    ['[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":1,"method":"c"}]'],
    ['[{"jsonrpc":"2.0","id":"x","method":"a"},{"jsonrpc":"2.0","id":"x","method":"c"}]'],
  ])('is refused whole when two ids are the same: %s', (text) => {
    expect(guard(text)).toMatchObject({ type: 'refused', kind: 'INVALID_REQUEST', fatal: false });
  });

  it('is answered under its own id where that can be read', () => {
    expect(guard('{"jsonrpc":"2.0","id":"q","method":"m","params":[]}')).toMatchObject({ id: 'q', kind: 'INVALID_PARAMS' });
    expect(guard('{"jsonrpc":"2.0","id":{},"method":"m"}')).toMatchObject({ id: null, kind: 'INVALID_REQUEST' });
  });

  it.each([
    ['{"jsonrpc":"2.0","id":1,"result":null}', 'replies'],
    ['[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2,"error":{"code":-32001,"message":"m"}}]', 'replies'],
    ['{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"m"}}', 'refused'],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"m"}}', 'refused'],
    ['{"jsonrpc":"2.0","id":1,"error":null}', 'refused'],
    ['{"id":1,"result":1}', 'refused'],
    ['[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2,"method":"m"}]', 'refused'],
  ])('%s is told apart: %s', (text, type) => {
    expect(guard(text).type).toBe(type);
  });

  it('never makes the guard throw', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\"',
      'null',
      '1e400',
      '"jsonrpc"',
      '"2.0"',
      '"id"',
      '"method"',
      '\0',
      '\ud800',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
          fc.json(),
          fc.string(),
        ),
        (text) => {
          guard(text);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('of any JSON within the bounds is refused for its envelope at most, never for its shape', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        const guarded = guard(text);
        expect(guarded).toMatchObject({ type: 'refused', fatal: false });
        expect(guarded).not.toMatchObject({ kind: 'PARSE_ERROR' });
      }),
    );
  });
});

/** The plain way to see the depth of a value. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('the look at the shape', () => {
  it('sees the depth that the parser sees', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const depth = depthOf(JSON.parse(text));
        expect(shapeProblem(text, { depth, tokens: 1e6 })).toBeNull();
        if (depth > 0) expect(shapeProblem(text, { depth: depth - 1, tokens: 1e6 })).toBe('too-deep');
      }),
    );
  });

  it('is not looked at where its length alone shows that it is within the bounds, which is never wrong', () => {
    const pieces = fc.constantFrom('{', '[', '}', ']', '"', ',', ':', '\\', 'x');
    const bounds = fc.record({ depth: fc.nat({ max: 6 }), tokens: fc.nat({ max: 30 }) });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), bounds, (parts, bound) => {
        const text = parts.join('');
        if (isSlight(text, bound)) expect(['too-deep', 'too-many-tokens']).not.toContain(shapeProblem(text, bound));
      }),
      { numRuns: 5_000 },
    );
    expect(isSlight('{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"k"}}', CLIENT_FRAMES)).toBe(true);
  });

  it('is not fooled by brackets and quotes within strings', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\\', '"', '[', '{', ':', 'x', '\n')), (parts) => {
        expect(shapeProblem(JSON.stringify([parts.join('')]), { depth: 1, tokens: 3 })).toBeNull();
      }),
    );
  });

  it('counts tokens to the last one', () => {
    expect(shapeProblem('[1,2,{"a":"b"}]', { depth: 2, tokens: 9 })).toBeNull();
    expect(shapeProblem('[1,2,{"a":"b"}]', { depth: 2, tokens: 8 })).toBe('too-many-tokens');
  });

  it.each(['[', ']', '{"a', '"', '"\\"', '[]]'])('finds %j unbalanced', (text) => {
    expect(shapeProblem(text, { depth: 9, tokens: 99 })).toBe('unbalanced');
  });

  it('lets a frame be exactly as deep as it may', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(guard(nested(LIMITS.frameDepth))).toMatchObject({ fatal: false });
    expect(guard(nested(LIMITS.frameDepth + 1))).toMatchObject({ fatal: true });
  });
});

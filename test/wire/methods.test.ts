import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { checkParams, checkResult } from '../../src/wire/check.ts';
import { isMethodName, METHODS } from '../../src/wire/methods.ts';
import { openrpcDocument } from '../../src/wire/openrpc.ts';
import { exceedsBytes } from '../../src/wire/utf8.ts';

describe('parameters', () => {
  it('get their defaults', () => {
    expect(checkParams('kv.get', { key: 'k' })).toEqual({ key: 'k', consistency: 'linearizable', forward: true });
    expect(checkParams('node.status', undefined)).toEqual({});
  });

  it.each([
    [{ session: 1, sequence: 1 }, true],
    [{ session: 1, sequence: 1, acknowledged: 0 }, true],
    [{ session: 1, sequence: 1, acknowledged: 1 }, false],
    [{ sequence: 1 }, false],
    [{ session: 1 }, false],
    [{ acknowledged: 0 }, false],
    [{ session: 0, sequence: 1 }, false],
    [{ session: 1, sequence: 2 ** 53 }, false],
  ])('name a write by %j: %s', (identity, good) => {
    const check = (): unknown => checkParams('kv.put', { key: 'k', value: '', ...identity });
    if (good) expect(check()).toMatchObject(identity);
    else expect(check).toThrow(expect.objectContaining({ kind: 'INVALID_PARAMS' }));
  });

  it('never throw anything but an RpcError, whatever they are', () => {
    const names = Object.keys(METHODS).filter(isMethodName);
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.anything({ withNullPrototype: true }), (name, params) => {
        try {
          checkParams(name, params);
        } catch (error) {
          expect(error).toMatchObject({ name: 'RpcError', outcome: 'definite' });
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are refused in words that hold no control characters and stay short', () => {
    const member = `\x1b]52;c;aGk=\x07${'x'.repeat(10_000)}`;
    expect(() => checkParams('kv.get', { key: 'k', [member]: 1 })).toThrow(/^[\x20-\x7e…]{1,300}$/);
  });
});

describe('results', () => {
  it('are read with tolerance for what a later version adds', () => {
    expect(checkResult('kv.delete', { deleted: true, revision: 4, later: 1 })).toEqual({ deleted: true, revision: 4 });
  });

  it('of another form are of unknown outcome', () => {
    expect(() => checkResult('kv.put', { revision: 'x' })).toThrow(expect.objectContaining({ outcome: 'unknown' }));
  });
});

describe('the size of a text', () => {
  it('is that of its UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 40 }), (text, limit) => {
        expect(exceedsBytes(text, limit)).toBe(Buffer.byteLength(text) > limit);
      }),
      { numRuns: 1_000 },
    );
  });

  it('may reach its limit and not one byte more', () => {
    const most = '𝄞'.repeat(LIMITS.keyBytes / 4);
    expect(checkParams('kv.get', { key: most }).key).toBe(most);
    expect(() => checkParams('kv.get', { key: `${most}x` })).toThrow(expect.objectContaining({ kind: 'TOO_LARGE' }));
  });
});

describe('the method table', () => {
  it('knows its own names alone', () => {
    expect(isMethodName('kv.put')).toBe(true);
    for (const name of ['constructor', '__proto__', 'toString', '']) expect(isMethodName(name)).toBe(false);
  });

  it('becomes an OpenRPC document, every reference of which leads somewhere', () => {
    const document = openrpcDocument();
    expect(document.methods).toHaveLength(Object.keys(METHODS).length);
    const text = JSON.stringify(document);
    for (const [, kind] of text.matchAll(/#\/components\/errors\/([A-Z_]+)/g)) expect(Object.keys(ERRORS)).toContain(kind);
    expect(text).not.toContain('"$ref":"#/$defs');
    expect(openrpcDocument()).toBe(document);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENT_FRAMES, guardFrame, REPLY_FRAMES } from '../../src/wire/guard.ts';
import { callText, loadFrame, readFrame, resultText } from '../../src/wire/load-frames.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\n', '\ud800', '}}'),
);
const id = fc.nat();
const number = fc.oneof(fc.nat(), fc.constantFrom(0, -0, -1, 0.5, 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY));
const anything = fc.oneof(
  { weight: 6, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined, '1', true) },
);
const key = fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: fc.constantFrom(null, 7, undefined) });
const forward = fc.oneof(
  { weight: 8, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined, 'true') },
);
const consistency = fc.constantFrom('linearizable', 'linearizable', 'stale', undefined);
const revision = fc.option(fc.nat(), { nil: undefined, freq: 2 });

const calls = fc.oneof(
  fc.tuple(fc.constant('kv.get'), fc.record({ key, consistency, revision, forward, deadlineMs: anything })),
  fc.tuple(
    fc.constant('kv.put'),
    fc.record({ key, value: key, session: anything, sequence: anything, acknowledged: anything, forward, deadlineMs: anything }),
  ),
  fc.tuple(fc.constantFrom('kv.range', 'kv.get', 'kv.put', 'a"b'), fc.object()),
);
const row = fc.record({ key, value: key, createRevision: anything, modRevision: anything, version: anything });
const results = fc.oneof(
  fc.tuple(fc.constant('kv.get'), fc.record({ kv: fc.option(row), revision: anything })),
  fc.tuple(fc.constant('kv.put'), fc.record({ revision: anything, index: anything, term: anything })),
  fc.tuple(fc.constantFrom('kv.get', 'kv.put', 'kv.range'), fc.oneof(fc.anything(), fc.object())),
);

/** What JSON makes of it; undefined for what it has no word for. */
function asJson(value: unknown): unknown {
  const written: string | undefined = JSON.stringify(value);
  return written === undefined ? undefined : JSON.parse(written);
}

/** One character more, less or another, or a part of it twice. */
const spoilt = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(texts, fc.nat(), fc.nat({ max: 3 }), fc.constantFrom('', '0', ' ', '"', '\\', ',', '}', 'e', '-', '\u0000', '\u001f'))
    .map(([whole, at, cut, put]) => {
      const place = at % (whole.length + 1);
      return whole.slice(0, place) + put + whole.slice(place + cut);
    });
const callTexts = fc.tuple(id, calls).map(([at, [method, params]]) => callText(at, method, params));
const resultTexts = fc.tuple(id, results).map(([at, [method, result]]) => resultText(at, method, asJson(result) ?? null));

describe('a frame of the load', () => {
  it('says of a call what JSON would', () => {
    fc.assert(
      fc.property(id, calls, (at, [method, params]) => {
        expect(JSON.parse(callText(at, method, params))).toEqual({ jsonrpc: '2.0', id: at, method, params: asJson(params) });
      }),
      { numRuns: 1_000 },
    );
  });

  it('says of a result what JSON would', () => {
    fc.assert(
      fc.property(fc.oneof(id, text), results, (at, [method, result]) => {
        const json = asJson(result) ?? null;
        expect(JSON.parse(resultText(at, method, json))).toEqual({ jsonrpc: '2.0', id: asJson(at), result: json });
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a call', callTexts, CLIENT_FRAMES],
    ['a result', resultTexts, REPLY_FRAMES],
  ] as const)('is read as the parser reads it, or not at all: %s', (_, texts, bounds) => {
    const frames = fc.oneof(texts, spoilt(texts), spoilt(spoilt(texts)));
    fc.assert(
      fc.property(frames, (frame) => {
        const quick = loadFrame(frame);
        if (quick !== null) expect(quick).toEqual(guardFrame(frame, bounds));
        expect(readFrame(frame, bounds)).toEqual(guardFrame(frame, bounds));
      }),
      { numRuns: 3_000 },
    );
  });

  it('goes the short way when it is what a client and a node usually say', () => {
    const get = { key: 'k', consistency: 'linearizable', forward: false, deadlineMs: 5_000 };
    const put = { key: 'kü', value: '{v}', session: 3, sequence: 2, acknowledged: 1, forward: true, deadlineMs: 1 };
    const found = { kv: { key: 'k', value: '', createRevision: 1, modRevision: 2, version: 2 }, revision: 9 };
    expect(loadFrame(callText(1, 'kv.get', get))).toMatchObject({ calls: [{ params: get }] });
    expect(loadFrame(callText(2, 'kv.put', put))).toMatchObject({ calls: [{ params: put }] });
    expect(loadFrame(resultText(1, 'kv.get', found))).toMatchObject({ replies: [{ result: found }] });
    expect(loadFrame(resultText(1, 'kv.get', { kv: null, revision: 9 }))).toMatchObject({ replies: [{ result: { kv: null } }] });
    const written = { revision: 3, index: 4, term: 1 };
    expect(loadFrame(resultText(2, 'kv.put', written))).toMatchObject({ replies: [{ result: written }] });
  });

  it('is refused when it is larger than frames may be', () => {
    const frame = callText(1, 'kv.put', {
      key: 'k',
      value: 'x',
      session: 1,
      sequence: 1,
      acknowledged: 0,
      forward: true,
      deadlineMs: 1,
    });
    expect(readFrame(frame, { ...CLIENT_FRAMES, bytes: frame.length - 1 })).toMatchObject({ kind: 'TOO_LARGE', fatal: true });
  });
});

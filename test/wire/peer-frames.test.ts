import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { guardFrame, PEER_FRAMES } from '../../src/wire/guard.ts';
import { METHODS } from '../../src/wire/methods.ts';
import { PeerFrames } from '../../src/wire/peer-frames.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/raft-codec.ts';
import { FROM, messages, TO } from '../support/arbitrary-messages.ts';

const sender = new PeerFrames(FROM, TO);
const receiver = new PeerFrames(TO, FROM);
const heartbeat = {
  from: FROM,
  to: TO,
  term: 2,
  prevLogIndex: 7,
  prevLogTerm: 1,
  leaderCommit: 7,
  readRound: 3,
  entries: [] as unknown[],
};

/** The same frame through the checks that every other method goes through. */
function longWay(text: string): unknown {
  const guarded = guardFrame(text, PEER_FRAMES);
  const call = guarded.type === 'calls' && !guarded.batch ? guarded.calls[0] : undefined;
  return decodeMessage(call?.method ?? '', call?.params, FROM, TO);
}

describe('a frame between peers', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(receiver.decode(sender.encode(message))).toEqual({ ok: true, messages: [message] });
      }),
      { numRuns: 500 },
    );
  });

  it('is JSON-RPC 2.0 as the method table describes it', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const { jsonrpc, method, params, ...rest } = JSON.parse(sender.encode(message)) as Record<string, unknown>;
        expect({ jsonrpc, rest }).toEqual({ jsonrpc: '2.0', rest: {} });
        expect({ method, params }).toEqual(encodeMessage(message));
        expect(METHODS[method as 'raft.timeoutNow'].params.safeParse(params).error).toBeUndefined();
      }),
    );
  });

  it('means the same in any order of members and with any blanks', () => {
    fc.assert(
      fc.property(messages, fc.constantFrom(0, 1), (message, indent) => {
        const { method, params } = encodeMessage(message);
        const turned = Object.fromEntries(Object.entries(params).reverse());
        const text = JSON.stringify({ params: turned, method, jsonrpc: '2.0' }, null, indent);
        expect(receiver.decode(text)).toEqual({ ok: true, messages: [message] });
      }),
    );
  });

  it('is judged as on the long way when a few characters of it are spoilt', () => {
    const piece = fc.constantFrom(
      '',
      '0',
      '00',
      '-',
      '1',
      '9'.repeat(16),
      '.5',
      'e3',
      ' ',
      '"',
      ',',
      '[',
      ']',
      '}',
      '}}',
      '{}',
      'null',
    );
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat({ max: 3 }), piece, (message, pick, removed, added) => {
        const text = sender.encode(message);
        const at = pick % text.length;
        const spoilt = text.slice(0, at) + added + text.slice(at + removed);
        const frame = receiver.decode(spoilt);
        const expected = longWay(spoilt) as { ok: boolean; message?: unknown };
        if (frame.ok && frame.messages.length > 0) expect(frame.messages).toEqual([expected.message]);
        else expect(expected.ok).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never passes as one from or for another', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(sender.decode(sender.encode(message)).ok).toBe(false);
      }),
    );
  });

  it('never throws on any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void receiver.decode(text)));
  });

  it.each([
    ['a number with a leading zero', '"term":2', '"term":02'],
    ['a number beyond the safe ones', '"leaderCommit":7', '"leaderCommit":9007199254740993'],
    ['a number of twenty digits', '"leaderCommit":7', '"leaderCommit":10000000000000000000'],
    ['no number', '"leaderCommit":7', '"leaderCommit":'],
    ['a log ahead of the term', '"prevLogTerm":1', '"prevLogTerm":3'],
    ['an entry ahead of the term', '"entries":[]', '"entries":[[3,5,"x"]]'],
    ['entries that nest', '"entries":[]', `"entries":${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['too many entries', '"entries":[]', `"entries":[${'[2,5],'.repeat(LIMITS.appendEntries)}[2,5]]`],
    ['something after its end', '"entries":[]}}', '"entries":[]}}}}'],
    ['a member more', '"entries":[]', '"entries":[],"x":[]'],
  ])('is refused with %s', (_, from, to) => {
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'raft.appendEntries', params: heartbeat });
    expect(receiver.decode(text).ok).toBe(true);
    expect(text.split(from)).toHaveLength(2);
    expect(receiver.decode(text.replace(from, to)).ok).toBe(false);
  });

  it('may be a batch, and is refused whole with one bad call', () => {
    const call = { jsonrpc: '2.0', method: 'raft.appendEntries', params: heartbeat };
    expect(receiver.decode(JSON.stringify([call, call]))).toMatchObject({ ok: true, messages: [{ commit: 7 }, { commit: 7 }] });
    expect(receiver.decode(JSON.stringify([call, { ...call, params: { ...heartbeat, term: 0 } }])).ok).toBe(false);
  });

  it('asks nothing', () => {
    expect(receiver.decode(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'raft.appendEntries', params: heartbeat })).ok).toBe(
      false,
    );
    expect(receiver.decode('{"jsonrpc":"2.0","id":1,"result":{}}').ok).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { guardFrame, PEER_FRAMES } from '../../src/wire/guard.ts';
import { METHODS } from '../../src/wire/methods.ts';
import { decodeMessage, encodeMessage, RAFT_METHODS } from '../../src/wire/raft-codec.ts';
import { FROM, messages, TO } from '../support/arbitrary-messages.ts';

describe('a message between peers', () => {
  it('comes out as it went in, through a frame', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const text = JSON.stringify({ jsonrpc: '2.0', ...encodeMessage(message) });
        const guarded = guardFrame(text, PEER_FRAMES);
        expect(guarded).toMatchObject({ type: 'calls' });
        const call = guarded.type === 'calls' ? guarded.calls[0] : undefined;
        expect(decodeMessage(call?.method ?? '', call?.params, FROM, TO)).toEqual({ ok: true, message });
      }),
      { numRuns: 500 },
    );
  });

  it('has the form that the method table describes', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const { method, params } = encodeMessage(message);
        expect(METHODS[method].params.safeParse(params).error).toBeUndefined();
      }),
    );
  });

  it('is refused when it comes from or is meant for another', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const { method, params } = encodeMessage(message);
        expect(decodeMessage(method, params, TO, FROM)).toMatchObject({ ok: false });
      }),
    );
  });

  it('never passes with a piece of a snapshot that is no base64', () => {
    fc.assert(
      fc.property(
        messages,
        fc.constantFrom('', '1', 'AA', 'AAA', 'AA=', 'A===', '=', 'AAAA=', 'AA==AA==', 'AA-_'),
        (message, data) => {
          fc.pre(message.type === 'install-snapshot');
          const { method, params } = encodeMessage(message);
          expect(decodeMessage(method, { ...params, data }, FROM, TO).ok).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('never passes with a member spoilt, missing or added, and never throws', () => {
    const junk = fc.oneof(
      fc.constantFrom<unknown>(
        -1,
        0.5,
        2 ** 53,
        Number.POSITIVE_INFINITY,
        Number.NaN,
        undefined,
        '',
        '1',
        {},
        [[]],
        [null],
        [{}],
      ),
      fc.constant('__proto__'),
    );
    fc.assert(
      fc.property(messages, fc.nat(), junk, (message, pick, value) => {
        const { method, params } = encodeMessage(message);
        const names = Object.keys(params);
        const name = names[pick % names.length] ?? '';
        const without = Object.fromEntries(Object.entries(params).filter(([other]) => other !== name));
        expect(decodeMessage(method, { ...params, [name]: value }, FROM, TO).ok).toBe(false);
        expect(decodeMessage(method, without, FROM, TO).ok).toBe(false);
        expect(decodeMessage(method, { ...params, added: value }, FROM, TO).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on anything at all', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RAFT_METHODS, 'constructor'), fc.anything(), (method, params) => {
        expect(decodeMessage(method, params, FROM, TO).ok).toBe(false);
      }),
    );
  });

  it('may hold as many entries as an append may, within the bounds of a frame', () => {
    const entry = [1, 1_700_000_000_000, '', 'config'];
    const params = {
      from: FROM,
      to: TO,
      term: 1,
      prevLogIndex: 0,
      prevLogTerm: 0,
      entries: Array.from({ length: LIMITS.appendEntries }, () => entry),
      leaderCommit: 0,
      readRound: 0,
    };
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'raft.appendEntries', params });
    expect(guardFrame(text, PEER_FRAMES).type).toBe('calls');
    expect(decodeMessage('raft.appendEntries', params, FROM, TO)).toMatchObject({ ok: true });
  });

  it('fits its frame whatever the text: six bytes of JSON for each unit of a whole append', () => {
    const worst = '\u0001'.repeat(LIMITS.appendBytes);
    expect(JSON.stringify(worst).length).toBeLessThan(PEER_FRAMES.bytes - 100_000);
  });

  it('turns a negative zero into a plain one', () => {
    const decoded = decodeMessage('raft.timeoutNow', { from: FROM, to: TO, term: -0 }, FROM, TO);
    expect(decoded.ok && Object.is(decoded.message.term, 0)).toBe(true);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../src/base/assert.ts';
import { clusterTime, logIndex, term } from '../../src/base/brand.ts';
import { RaftLog } from '../../src/raft/log.ts';
import type { Entry } from '../../src/raft/messages.ts';

const entriesOf = (terms: readonly number[], data = ''): Entry[] =>
  terms.map((at, place) => ({ index: logIndex(place + 1), term: term(at), time: clusterTime(0), kind: 'command', data }));
const risingTerms = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }).map((terms) => terms.sort((a, b) => a - b));

describe('log', () => {
  it('starts before its first entry, which every log holds', () => {
    const log = new RaftLog([]);
    expect(log.last).toEqual({ index: 0, term: 0 });
    expect(log.holds({ index: logIndex(0), term: term(0) })).toBe(true);
    expect(log.termAt(logIndex(1))).toBe(null);
  });

  it('refuses a recovered log with a gap or a falling term', () => {
    const [first, second] = entriesOf([2, 1]);
    if (first === undefined || second === undefined) throw new Error('two entries');
    expect(() => new RaftLog([first, second])).toThrow(InvariantViolation);
    expect(() => new RaftLog([{ ...second, index: logIndex(2) }])).toThrow(InvariantViolation);
  });

  it('finds the last position whose term is not above a given one', () => {
    fc.assert(
      fc.property(risingTerms, fc.nat(35), fc.nat(10), (terms, index, maxTerm) => {
        let expected = Math.min(index, terms.length);
        while (expected > 0 && (terms[expected - 1] ?? 0) > maxTerm) expected -= 1;
        const found = new RaftLog(entriesOf(terms)).lastUpTo(logIndex(index), term(maxTerm));
        expect(found).toEqual({ index: expected, term: terms[expected - 1] ?? 0 });
      }),
    );
  });

  it('two logs that agree up to some place find it in few rounds, never below it (Raft §5.3)', () => {
    fc.assert(
      fc.property(risingTerms, risingTerms, (ours, theirs) => {
        const [leader, follower] = [new RaftLog(entriesOf(ours)), new RaftLog(entriesOf(theirs))];
        let agreed = 0;
        while (agreed < Math.min(ours.length, theirs.length) && ours[agreed] === theirs[agreed]) agreed += 1;
        let previous = leader.last;
        let rounds = 0;
        while (!follower.holds(previous)) {
          const hint = follower.lastUpTo(previous.index, previous.term);
          const next = leader.lastUpTo(hint.index, hint.term);
          expect(next.index).toBeLessThan(previous.index);
          expect(next.index).toBeGreaterThanOrEqual(agreed);
          previous = next;
          rounds += 1;
        }
        expect(rounds).toBeLessThanOrEqual(new Set([...ours, ...theirs]).size + 1);
      }),
    );
  });

  it('is more up to date by its last term first, by length second (Raft §5.4.1)', () => {
    const log = new RaftLog(entriesOf([1, 1, 3]));
    const isCovered = (index: number, at: number) => log.isCovered({ index: logIndex(index), term: term(at) });
    expect([isCovered(1, 4), isCovered(3, 3), isCovered(4, 3)]).toEqual([true, true, true]);
    expect([isCovered(9, 2), isCovered(2, 3)]).toEqual([false, false]);
  });

  it('cuts batches by number and by bytes, but never to nothing', () => {
    const log = new RaftLog(entriesOf([1, 1, 1, 1], 'x'.repeat(10)));
    const sizes = (count: number, bytes: number) => log.batch(logIndex(2), count, bytes).entries.map(({ index }) => index);
    expect(sizes(2, 100)).toEqual([2, 3]);
    expect(sizes(9, 20)).toEqual([2, 3]);
    expect(sizes(9, 1)).toEqual([2]);
    expect(sizes(9, 100)).toEqual([2, 3, 4]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../src/base/assert.ts';
import { clusterTime, logIndex, term } from '../../src/base/brand.ts';
import { RaftLog } from '../../src/raft/log.ts';
import type { Entry } from '../../src/raft/messages.ts';
import { PackedEntries } from '../../src/raft/packed-entries.ts';
import { PackedRow } from '../../src/raft/packed-row.ts';

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

/** Texts of all kinds: half characters, and some that fill a page or more. */
const texts = fc.oneof(
  { weight: 10, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.string().map((text) => `${text}\ud800`) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 150_000 }).map((length) => 'é'.repeat(length)) },
);
const kinds = fc.constantFrom('noop', 'command', 'config');
const contents = fc.record({ data: texts, kind: kinds, time: fc.maxSafeNat(), more: fc.nat(2) });

describe('packed entries', () => {
  it('come out as they were put in, whatever went before and behind them', () => {
    const actions = fc.oneof(
      { weight: 6, arbitrary: contents },
      { weight: 1, arbitrary: fc.record({ drop: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ cut: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 60 }), (all) => {
        const packed = new PackedEntries();
        let model: Entry[] = [];
        for (const action of all) {
          if ('drop' in action) {
            packed.drop(action.drop);
            model = model.slice(action.drop);
          } else if ('cut' in action) {
            packed.cut(action.cut);
            model = model.slice(0, action.cut);
          } else {
            const { data, kind, time, more } = action;
            const last = model.at(-1)?.term ?? 2 ** 40;
            const entry: Entry = { index: logIndex(7), term: term(last + more), time: clusterTime(time), kind, data };
            packed.push(entry);
            model.push(entry);
          }
          expect(packed.length).toBe(model.length);
          for (const [place, entry] of model.entries()) {
            expect(packed.get(place, logIndex(7))).toEqual(entry);
            expect([packed.termAt(place), packed.unitsAt(place)]).toEqual([entry.term, entry.data.length]);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are the same when their texts come as bytes', () => {
    fc.assert(
      fc.property(fc.array(contents, { maxLength: 8 }), fc.nat(9), (all, gap) => {
        const [asText, asBytes] = [new PackedEntries(), new PackedEntries()];
        for (const { data: text, kind, time, more } of all) {
          const data = text.toWellFormed();
          const head = { term: term(more), time: clusterTime(time), kind };
          const bytes = Buffer.concat([Buffer.alloc(gap, 0xff), Buffer.from(data), Buffer.alloc(gap, 0xff)]);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
          asText.push({ ...head, data });
          asBytes.pushBytes(head, { bytes, view }, gap, bytes.length - gap);
        }
        expect(asBytes.bytes).toBe(asText.bytes);
        for (const place of all.keys()) {
          expect(asBytes.get(place, logIndex(1))).toEqual(asText.get(place, logIndex(1)));
          expect([asBytes.unitsAt(place), asBytes.kindAt(place)]).toEqual([asText.unitsAt(place), all[place]?.kind]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('take no more memory than the most that there were at a time', () => {
    const packed = new PackedEntries();
    const [entry] = entriesOf([1], 'x'.repeat(1_000));
    if (entry === undefined) throw new Error('an entry');
    const fill = (): void => {
      for (let count = 0; count < 2_000; count += 1) packed.push(entry);
    };
    fill();
    const most = packed.bytes;
    for (let round = 0; round < 5; round += 1) {
      packed.drop(2_000);
      fill();
    }
    expect(packed.bytes).toBeLessThanOrEqual(most + 512 * 1_024);
  });
});

describe('a log that begins packed', () => {
  const packedFrom = (entries: readonly Entry[], before = 0): PackedRow => {
    const packed = new PackedEntries();
    for (const entry of entries) packed.push(entry);
    return new PackedRow(packed, logIndex(before));
  };

  it('answers like one that does not', () => {
    fc.assert(
      fc.property(risingTerms, fc.nat(30), (terms, at) => {
        const entries = entriesOf(terms, 'text');
        const [packed, plain] = [new RaftLog(packedFrom(entries)), new RaftLog(entries)];
        const index = logIndex(at);
        expect([packed.last.term, packed.lastIndex, packed.entry(index)]).toEqual([
          plain.last.term,
          plain.lastIndex,
          plain.entry(index),
        ]);
        const next = entriesOf([...terms, 9], 'more').slice(terms.length);
        for (const log of [packed, plain]) for (const entry of next) log.append(entry);
        expect(packed.slice(index, 40)).toEqual(plain.slice(index, 40));
      }),
    );
  });

  it('refuses a gap, and terms that fall', () => {
    const offset = { index: logIndex(4), term: term(3) };
    expect(() => new RaftLog(packedFrom(entriesOf([3, 3]), 5), offset)).toThrow(InvariantViolation);
    expect(() => new RaftLog(packedFrom(entriesOf([2]), 4), offset)).toThrow(InvariantViolation);
    expect(() => new RaftLog(packedFrom(entriesOf([3, 5, 4]), 4), offset)).toThrow(InvariantViolation);
    expect(new RaftLog(packedFrom(entriesOf([3, 5]), 4), offset).last).toMatchObject({ index: 6, term: 5 });
  });

  it('is left without its first entries', () => {
    const row = packedFrom(entriesOf([1, 1, 2, 3]));
    const { entries, offset } = row.without(2);
    expect([offset, Array.from(entries, ({ index, term: at }) => [index, at])]).toEqual([
      { index: 2, term: 1 },
      [
        [3, 2],
        [4, 3],
      ],
    ]);
  });

  it('names its configurations', () => {
    const entries = entriesOf([1, 1, 1]).map((entry, place) => (place === 1 ? { ...entry, kind: 'config' as const } : entry));
    expect(Array.from(packedFrom(entries).configurations(), ({ index }) => index)).toEqual([2]);
  });
});

describe('a log that is packed on the way', () => {
  it('answers like one that is not', () => {
    const steps = fc.oneof(
      { weight: 6, arbitrary: fc.record({ append: fc.nat(1), data: fc.string({ maxLength: 20 }) }) },
      { weight: 3, arbitrary: fc.record({ pack: fc.nat(40), loose: fc.nat(6) }) },
      { weight: 1, arbitrary: fc.record({ truncate: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ compact: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ restore: fc.nat(3) }) },
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 80 }), fc.nat(40), fc.nat(12), fc.nat(60), (all, from, count, bytes) => {
        const [packed, plain] = [new RaftLog([]), new RaftLog([])];
        for (const step of all) {
          const { last, offset } = plain;
          if ('append' in step) {
            const at = { index: logIndex(last.index + 1), term: term(last.term + step.append), time: clusterTime(last.index) };
            for (const log of [packed, plain]) log.append({ ...at, kind: 'command', data: step.data });
          } else if ('pack' in step) {
            packed.pack(logIndex(Math.min(last.index, step.pack)), step.loose);
          } else if ('truncate' in step) {
            const place = logIndex(offset.index + 1 + step.truncate);
            expect(packed.truncate(place)).toEqual(plain.truncate(place));
          } else if ('compact' in step) {
            for (const log of [packed, plain]) log.compact(logIndex(offset.index + step.compact));
          } else {
            for (const log of [packed, plain])
              log.restore({ index: logIndex(last.index + step.restore), term: last.term }, clusterTime(9));
          }
          const seen = (log: RaftLog): unknown => [
            [log.offset, log.last, log.lastIndex, log.lastTime, log.bytesAfter(logIndex(from))],
            log.slice(logIndex(from), count),
            [
              log.slice(logIndex(1), 100),
              log.slice(logIndex(1), 100).map(({ index }) => [log.termAt(index), log.unitsAt(index)]),
            ],
            from > offset.index ? log.batch(logIndex(from), count, bytes) : null,
            [log.lastUpTo(logIndex(from), term(count)), log.termAt(logIndex(from)), log.entry(logIndex(from))],
          ];
          expect(seen(packed)).toEqual(seen(plain));
        }
      }),
    );
  });
});

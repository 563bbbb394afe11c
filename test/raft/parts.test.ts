import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../src/base/assert.ts';
import { clusterTime, logIndex, millis, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Durability } from '../../src/raft/durability.ts';
import { ElectionTimer } from '../../src/raft/election-timer.ts';
import type { Entry, HardState } from '../../src/raft/messages.ts';
import { Progress } from '../../src/raft/progress.ts';
import { type Reader, Reads } from '../../src/raft/reads.ts';

const START: HardState = { term: term(0), votedFor: null, repairFrom: null };
const at = logIndex;
const batchTo = (last: number) => ({
  hardState: null,
  entries: [{ index: at(last), term: term(1), time: clusterTime(0), kind: 'noop', data: '' } satisfies Entry],
  commit: at(0),
});

describe('durability', () => {
  const now = millis(0);

  it('counts a write only once it is confirmed', () => {
    const durability = new Durability(START, at(0), 1_000);
    durability.handOut(1, now, batchTo(5), at(5));
    expect([durability.handedIndex, durability.durableIndex]).toEqual([5, 0]);
    durability.confirm(1);
    expect(durability.durableIndex).toBe(5);
  });

  it('does not let an old write vouch for what replaced it, even the same entry come back (ABA)', () => {
    const durability = new Durability(START, at(4), 1_000);
    durability.handOut(1, now, batchTo(6), at(6));
    durability.truncate(at(5));
    durability.handOut(2, now, batchTo(5), at(5));
    durability.truncate(at(5));
    durability.handOut(3, now, batchTo(6), at(6));
    durability.confirm(1);
    expect(durability.durableIndex).toBe(4);
    durability.confirm(2);
    expect(durability.durableIndex).toBe(4);
    durability.confirm(3);
    expect(durability.durableIndex).toBe(6);
  });

  it('stops on a confirmation out of order', () => {
    const durability = new Durability(START, at(0), 1_000);
    durability.handOut(1, now, batchTo(1), at(1));
    durability.handOut(2, now, batchTo(2), at(2));
    expect(() => durability.confirm(2)).toThrow(InvariantViolation);
  });

  it('waits for what holds nothing only behind what does', () => {
    const durability = new Durability(START, at(0), 1_000);
    durability.handOut(1, now, null, at(0));
    expect(durability.isBehind).toBe(false);
    durability.handOut(2, now, batchTo(1), at(1));
    durability.handOut(3, now, null, at(1));
    durability.confirm(2);
    expect(durability.isBehind).toBe(true);
    durability.confirm(3);
    expect(durability.isBehind).toBe(false);
  });

  it('is stuck when its oldest write is old, whatever came after', () => {
    const durability = new Durability(START, at(0), 1_000);
    expect(durability.stalledFrom).toBe(Number.POSITIVE_INFINITY);
    durability.handOut(2, millis(10), batchTo(1), at(1));
    durability.handOut(3, millis(500), null, at(1));
    durability.handOut(4, millis(900), batchTo(2), at(2));
    expect(durability.stalledFrom).toBe(1_010);
    durability.confirm(2);
    durability.confirm(3);
    expect(durability.stalledFrom).toBe(1_900);
  });
});

describe('election timer', () => {
  const timer = () => new ElectionTimer(seededRandom(1), millis(0), 500, 60);

  it('draws from [electionMs, 2 x electionMs), anew each time (Raft §5.2)', () => {
    const each = timer();
    const drawn = Array.from({ length: 300 }, () => {
      each.restart(millis(0));
      return each.timeoutMs;
    });
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...drawn)).toBeLessThan(1_000);
    expect(new Set(drawn).size).toBeGreaterThan(100);
  });

  it('hurries by attempts that double until they are ordinary ones', () => {
    const each = timer();
    each.hurry(millis(0));
    expect(each.timeoutMs).toBeLessThan(60);
    for (const shortest of [60, 120, 240, 480, 500, 500]) {
      each.nextAttempt(millis(0));
      expect(each.timeoutMs).toBeGreaterThanOrEqual(shortest);
      expect(each.timeoutMs).toBeLessThan(2 * shortest);
      each.secondRound(millis(0));
      expect(each.timeoutMs).toBeLessThan(2 * shortest);
    }
  });

  it('is in no hurry any more once a leader was heard', () => {
    const each = timer();
    each.hurry(millis(0));
    each.restart(millis(0));
    each.nextAttempt(millis(0));
    expect(each.timeoutMs).toBeGreaterThanOrEqual(500);
  });
});

describe('progress', () => {
  const peer = () => new Progress(nodeId('n2'), at(5), millis(0));
  const replicating = () => {
    const each = peer();
    each.accepted(at(4), at(4));
    return each;
  };

  it('probes with one append at a time', () => {
    const each = peer();
    expect(each.maySendEntries(64, 1_000)).toBe(true);
    each.sent(3, 30, at(0), 0);
    expect([each.maySendEntries(64, 1_000), each.nextIndex]).toEqual([false, 5]);
  });

  it('pipelines once it replicates, up to a number and a weight of appends', () => {
    const each = replicating();
    each.sent(1, 10, at(0), 0);
    each.sent(2, 10, at(0), 0);
    expect([each.nextIndex, each.maySendEntries(2, 1_000), each.maySendEntries(3, 20), each.maySendEntries(3, 21)]).toEqual([
      8,
      false,
      false,
      true,
    ]);
    each.accepted(at(5), at(5));
    expect([each.maySendEntries(2, 1_000), each.maySendEntries(3, 11)]).toEqual([true, true]);
  });

  it('never lowers what has matched', () => {
    const each = replicating();
    each.sent(3, 0, at(0), 0);
    expect([each.accepted(at(7), at(7)), each.accepted(at(5), at(5)), each.matchIndex]).toEqual([true, false, 7]);
  });

  it('goes back to probing when something was lost, but not for a late refusal', () => {
    const each = replicating();
    each.sent(3, 0, at(0), 0);
    each.refused(at(3), 0);
    expect(each.state).toBe('replicate');
    each.refused(at(5), 0);
    expect([each.state, each.nextIndex]).toEqual(['probe', 6]);
    each.sent(2, 0, at(0), 0);
    each.refused(at(5), 0);
    expect(each.maySendEntries(9, 9)).toBe(false);
  });

  it('takes back what has matched only when that is refused in a round that began after it was acknowledged', () => {
    const each = replicating();
    each.sent(0, 0, at(0), 1);
    each.sent(3, 0, at(0), 1);
    each.accepted(at(7), at(7));
    // Below what it had acknowledged before the round, and below what came since.
    expect([each.refused(at(5), 1), each.refused(at(2), 0)]).toEqual([true, true]);
    each.sent(0, 0, at(0), 2);
    expect([each.refused(at(5), 1), each.matchIndex, each.state]).toEqual([true, 7, 'replicate']);
    expect([each.refused(at(5), 2), each.matchIndex, each.nextIndex, each.state]).toEqual([false, 0, 6, 'probe']);
    // Answers from before the loss that come late: another round tells.
    each.accepted(at(7), at(7));
    expect([each.refused(at(0), 2), each.matchIndex]).toEqual([true, 7]);
    each.sent(0, 0, at(0), 3);
    expect([each.refused(at(0), 3), each.matchIndex, each.nextIndex]).toEqual([false, 0, 1]);
  });

  it('knows who has not heard of a newer commit index', () => {
    const each = replicating();
    expect(each.lacksCommit(at(3))).toBe(true);
    each.sent(0, 0, at(3), 1);
    expect([each.lacksCommit(at(3)), each.lacksCommit(at(4))]).toEqual([false, true]);
    expect([each.lacksRound(1), each.lacksRound(2)]).toEqual([false, true]);
  });
});

describe('read rounds', () => {
  it('share a round, each confirmed with all before it', () => {
    const reads = new Reads();
    const granted: [readonly Reader[], number][] = [];
    const grant = (readers: readonly Reader[], index: number) => granted.push([readers, index]);
    reads.add(1, millis(0));
    reads.add(2, millis(1));
    expect([reads.startRound(at(7), millis(2)), reads.startRound(at(7), millis(2)), reads.round]).toEqual([true, false, 1]);
    reads.add(3, millis(3));
    reads.startRound(at(8), millis(3));
    reads.confirm(0, grant);
    expect(granted).toEqual([]);
    reads.confirm(2, grant);
    expect(granted).toEqual([
      [[1, 2], 7],
      [[3], 8],
    ]);
  });

  it('give up after their patience, started or not', () => {
    const reads = new Reads();
    reads.add(1, millis(0));
    reads.startRound(at(1), millis(10));
    reads.add(2, millis(20));
    expect(reads.deadline(100)).toBe(110);
    expect([reads.expire(9), reads.expire(10), reads.expire(20)]).toEqual([[], [1], [2]]);
    expect(reads.deadline(100)).toBe(Number.POSITIVE_INFINITY);
  });
});

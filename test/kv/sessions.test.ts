import { describe, expect, it } from 'vitest';
import { revision } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Reply } from '../../src/kv/commands.ts';
import { Sessions } from '../../src/kv/sessions.ts';
import { StateSum } from '../../src/kv/state-hash.ts';
import { replyPart, sessionPart } from '../../src/kv/state-parts.ts';

const EXPIRED: Reply = { type: 'session-expired' };
const reply = (n: number): Reply => ({ type: 'put', revision: revision(n) });
const failedCas = (current: string): Reply => ({ type: 'cas', swapped: false, current, revision: revision(1) });

/** A table with small limits, a log that counts itself, and a list of what was applied. */
function table(limits: { sessions?: number; sessionReplies?: number; sessionReplyUnits?: number } = {}) {
  const sessions = new Sessions({ sessions: 3, sessionReplies: 4, sessionReplyUnits: 100, ...limits });
  const applied: number[] = [];
  let index = 0;
  return {
    sessions,
    applied,
    open: (): number => {
      index += 1;
      expect(sessions.open(index)).toEqual({ type: 'session', session: index });
      return index;
    },
    once: (session: number, sequence: number, acknowledged = 0, answer = reply(sequence)): Reply => {
      index += 1;
      return sessions.once(index, { session, sequence, acknowledged }, () => {
        applied.push(sequence);
        return answer;
      });
    },
  };
}

describe('exactly-once sessions', () => {
  it('apply a request once and answer its duplicates the same', () => {
    const { open, once, applied } = table();
    const id = open();
    expect([once(id, 1), once(id, 1), once(id, 2), once(id, 1)]).toEqual([reply(1), reply(1), reply(2), reply(1)]);
    expect(applied).toEqual([1, 2]);
  });

  it('take sequences in any order', () => {
    const { open, once, applied } = table();
    const id = open();
    for (const sequence of [3, 1, 3, 2, 1, 2]) expect(once(id, sequence)).toEqual(reply(sequence));
    expect(applied).toEqual([3, 1, 2]);
  });

  it('do not know a session that was never opened', () => {
    const { once, applied } = table();
    expect(once(99, 1)).toEqual(EXPIRED);
    expect(applied).toEqual([]);
  });

  it('keep two clients apart', () => {
    const { open, once, applied } = table();
    const [a, b] = [open(), open()];
    once(a, 1);
    once(b, 1);
    expect(applied).toEqual([1, 1]);
  });

  it('forget what was acknowledged, and never apply it again', () => {
    const { open, once, applied, sessions } = table();
    const id = open();
    once(id, 1);
    once(id, 2);
    once(id, 3, 2);
    expect([once(id, 1), once(id, 2), once(id, 3)]).toEqual([EXPIRED, EXPIRED, reply(3)]);
    expect(applied).toEqual([1, 2, 3]);
    expect([...sessions.records()]).toEqual([{ id, usedAt: 7, forgotten: 2, replies: [[3, reply(3)]] }]);
  });

  it('forget all at once when the acknowledgement jumps', () => {
    const { open, once, sessions } = table();
    const id = open();
    once(id, 1);
    once(id, 2);
    once(id, 1_000_001, 1_000_000);
    expect([...sessions.records()][0]).toMatchObject({ forgotten: 1_000_000, replies: [[1_000_001, reply(1_000_001)]] });
    expect(once(id, 5)).toEqual(EXPIRED);
  });

  it('never take an acknowledgement back', () => {
    const { open, once } = table();
    const id = open();
    once(id, 5, 4);
    expect(once(id, 3, 0)).toEqual(EXPIRED);
  });

  it('forget the lowest sequence when too many are open, and all below it', () => {
    const { open, once, applied } = table();
    const id = open();
    for (const sequence of [2, 3, 4, 5, 6]) once(id, sequence);
    expect([once(id, 2), once(id, 1), once(id, 3)]).toEqual([EXPIRED, EXPIRED, reply(3)]);
    expect(applied).toEqual([2, 3, 4, 5, 6]);
  });

  it('evict the session that was used longest ago, by the log and not by its age', () => {
    const { open, once, sessions } = table();
    const [a, b, c] = [open(), open(), open()];
    once(a, 1);
    const d = open();
    expect([...sessions.records()].map(({ id }) => id)).toEqual([c, a, d]);
    expect(once(b, 1)).toEqual(EXPIRED);
    expect(once(a, 1)).toEqual(reply(1));
    expect(sessions.size).toBe(3);
  });

  it('remember that a request was applied even when its answer takes too much room', () => {
    const { open, once, applied } = table({ sessionReplyUnits: 10 });
    const id = open();
    expect(once(id, 1, 0, failedCas('123456'))).toEqual(failedCas('123456'));
    expect(once(id, 2, 0, failedCas('123456'))).toEqual(failedCas('123456'));
    expect(once(id, 1)).toEqual(failedCas('123456'));
    expect(once(id, 2)).toEqual(EXPIRED);
    once(id, 3, 1, failedCas('1234567890'));
    expect(once(id, 3)).toEqual(failedCas('1234567890'));
    expect(applied).toEqual([1, 2, 3]);
  });

  it('give back the room of an evicted session', () => {
    const { open, once } = table({ sessions: 1, sessionReplyUnits: 10 });
    once(open(), 1, 0, failedCas('1234567890'));
    const id = open();
    once(id, 1, 0, failedCas('1234567890'));
    expect(once(id, 1)).toEqual(failedCas('1234567890'));
  });

  it('keep the sum of what is left, whatever is forgotten', () => {
    const sum = new StateSum();
    const sessions = new Sessions({ sessions: 2, sessionReplies: 3, sessionReplyUnits: 12 }, sum);
    const random = seededRandom(1);
    let last = 0;
    for (let index = 1; index <= 2_000; index += 1) {
      if (index === 1 || random.next() < 0.05) {
        sessions.open(index);
        last = index;
      } else {
        const session = random.next() < 0.8 ? last : index - 10;
        const request = { session, sequence: random.integer(1, 30), acknowledged: random.integer(0, 12) };
        const answer = random.next() < 0.5 ? failedCas('x'.repeat(random.integer(0, 8))) : reply(index);
        sessions.once(index, request, () => answer);
      }
      const walked = new StateSum();
      for (const { id, usedAt, forgotten, replies } of sessions.records()) {
        walked.add(sessionPart(id, usedAt, forgotten));
        for (const [sequence, each] of replies) walked.add(replyPart(id, sequence, each));
      }
      expect(sum.value()).toBe(walked.value());
    }
  });
});

import { describe, expect, it } from 'vitest';
import { logIndex, millis, revision, term } from '../../src/base/brand.ts';
import { type ProposalOutcome, type ReadOutcome, Waiting } from '../../src/replica/waiting.ts';

const at = (index: number, inTerm: number) => ({ index: logIndex(index), term: term(inTerm) });
const reply = { type: 'put', revision: revision(1) } as const;

function proposal(waiting: Waiting, index: number, inTerm: number, deadline = 1_000): ProposalOutcome[] {
  const outcomes: ProposalOutcome[] = [];
  waiting.addProposal(at(index, inTerm), millis(deadline), (outcome) => outcomes.push(outcome));
  return outcomes;
}

function read(waiting: Waiting, ticket: number, deadline = 1_000): ReadOutcome[] {
  const outcomes: ReadOutcome[] = [];
  waiting.addRead(ticket, millis(deadline), (outcome) => outcomes.push(outcome));
  return outcomes;
}

describe('replies owed to proposals', () => {
  it('gives the reply of the very entry that was proposed', () => {
    const waiting = new Waiting();
    const outcomes = proposal(waiting, 5, 2);
    waiting.applied(at(5, 2), reply);
    expect(outcomes).toEqual([{ ok: true, reply, at: at(5, 2) }]);
    expect(waiting.empty).toBe(true);
  });

  it('says definitely no when another entry was committed in its place', () => {
    const waiting = new Waiting();
    const byCommand = proposal(waiting, 5, 2);
    waiting.applied(at(5, 3), reply);
    const byNoop = proposal(waiting, 6, 2);
    waiting.applied(at(6, 3), null);
    expect([...byCommand, ...byNoop]).toEqual([
      { ok: false, error: 'NOT_LEADER' },
      { ok: false, error: 'NOT_LEADER' },
    ]);
  });

  it('calls it unknown when only our own log has lost the entry: it may still win from another (Raft figure 8)', () => {
    const waiting = new Waiting();
    const outcomes = proposal(waiting, 5, 2);
    proposal(waiting, 5, 4);
    expect(outcomes).toEqual([{ ok: false, error: 'UNKNOWN_OUTCOME' }]);
  });

  it('calls it unknown at the deadline, and answers once', () => {
    const waiting = new Waiting();
    const outcomes = proposal(waiting, 5, 2, 100);
    waiting.expire(millis(99));
    expect(outcomes).toEqual([]);
    waiting.expire(millis(100));
    waiting.applied(at(5, 2), reply);
    expect(outcomes).toEqual([{ ok: false, error: 'UNKNOWN_OUTCOME' }]);
  });

  it('says definitely no to what the core reports as replaced, unless the place has a new owner', () => {
    const waiting = new Waiting();
    const outcomes = proposal(waiting, 5, 2);
    waiting.truncated(at(5, 3));
    expect(outcomes).toEqual([]);
    waiting.truncated(at(5, 2));
    expect(outcomes).toEqual([{ ok: false, error: 'NOT_LEADER' }]);
  });
});

describe('replies owed to reads', () => {
  it('waits until everything up to the granted index is applied', () => {
    const waiting = new Waiting();
    const outcomes = read(waiting, 1);
    waiting.granted(1, logIndex(7));
    waiting.answerReads(logIndex(6));
    expect(outcomes).toEqual([]);
    waiting.answerReads(logIndex(7));
    expect(outcomes).toEqual([{ ok: true }]);
  });

  it('fails a read that no quorum confirmed, or that came too late, definitely', () => {
    const waiting = new Waiting();
    const refused = read(waiting, 1);
    const late = read(waiting, 2, 100);
    const grantedLate = read(waiting, 3, 100);
    waiting.granted(3, logIndex(9));
    waiting.readFailed(1);
    waiting.expire(millis(100));
    expect([...refused, ...late, ...grantedLate]).toEqual(Array(3).fill({ ok: false, error: 'NO_QUORUM' }));
    expect(waiting.empty).toBe(true);
  });
});

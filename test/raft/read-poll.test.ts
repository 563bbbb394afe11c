import { describe, expect, it } from 'vitest';
import { millis, type NodeId, nodeId } from '../../src/base/brand.ts';
import type { Configuration } from '../../src/raft/messages.ts';
import { ReadPoll } from '../../src/raft/read-poll.ts';

const [n1, n2, n3, n4, n5] = [nodeId('n1'), nodeId('n2'), nodeId('n3'), nodeId('n4'), nodeId('n5')] as const;
const at = millis;
const three: Configuration = { voters: [n1, n2, n3], outgoing: [], learners: [] };
const five: Configuration = { voters: [n1, n2, n3, n4, n5], outgoing: [], learners: [] };

/** Those of `peers` that n1, which leads, asks at `now`. */
function asked(poll: ReadPoll, configuration: Configuration, now: number): readonly string[] {
  return configuration.voters.filter((id) => id !== n1 && poll.asks(id, n1, configuration, at(now)));
}

const rounds = (...pairs: readonly (readonly [id: NodeId, readRound: number])[]) =>
  new Map(pairs.map(([id, readRound]) => [id, { readRound }]));

describe('a leader asks for the confirmation of reads', () => {
  it('everybody, before it knows who answers', () => {
    const poll = new ReadPoll(10);
    poll.begun(at(0));
    expect(asked(poll, three, 0)).toEqual([n2, n3]);
  });

  it('then as few as make a majority with it, the quickest', () => {
    const poll = new ReadPoll(10);
    poll.answered(rounds([n2, 0], [n3, 1]));
    expect(asked(poll, three, 0)).toEqual([n3]);
    const larger = new ReadPoll(10);
    larger.answered(rounds([n2, 0], [n3, 2], [n4, 1], [n5, 2]));
    expect(asked(larger, five, 0)).toEqual([n3, n5]);
  });

  it('the same one as long as it keeps up', () => {
    const poll = new ReadPoll(10);
    poll.answered(rounds([n2, 0], [n3, 1]));
    poll.answered(rounds([n2, 1], [n3, 1]));
    expect(asked(poll, three, 0)).toEqual([n3]);
    poll.answered(rounds([n2, 2], [n3, 1]));
    expect(asked(poll, three, 0)).toEqual([n2]);
  });

  it('everybody once the few have kept a read waiting, counted from the first that waits', () => {
    const poll = new ReadPoll(10);
    poll.answered(rounds([n2, 0], [n3, 1]));
    poll.begun(at(100));
    poll.begun(at(105));
    expect(poll.deadline).toBe(110);
    expect(asked(poll, three, 109)).toEqual([n3]);
    expect(asked(poll, three, 110)).toEqual([n2, n3]);
    poll.settled();
    expect(asked(poll, three, 111)).toEqual([n3]);
    expect(poll.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('everybody in a joint configuration, and when it is no voter itself', () => {
    const poll = new ReadPoll(10);
    poll.answered(rounds([n2, 0], [n3, 1]));
    expect(asked(poll, { ...three, outgoing: [n1, n4, n5] }, 0)).toEqual([n2, n3]);
    expect(asked(poll, { ...three, voters: [n2, n3] }, 0)).toEqual([n2, n3]);
  });

  it('never a learner in the place of a voter', () => {
    const poll = new ReadPoll(10);
    poll.answered(rounds([n4, 5], [n2, 0], [n3, 1]));
    expect(asked(poll, { ...three, learners: [n4] }, 0)).toEqual([n3]);
  });
});

/** The vote that was split, told by events that a busy machine has left incomplete. */
import { expect, it } from 'vitest';
import { clusterTime, nodeId, term } from '../../src/base/brand.ts';
import { Facts } from '../../src/lesson/facts.ts';
import { SPLIT_VOTE } from '../../src/lesson/lessons/split-vote.ts';
import type { RaftEvent } from '../../src/raft/messages.ts';
import { fakeEvent, fakePicture } from '../support/fake-picture.ts';

it('nobody had won where a later term was led, though not all refusals were counted', () => {
  const facts = new Facts(
    () => fakePicture(4),
    (text) => text,
  );
  facts.addDone({ deed: 'isolate n1', lines: [], from: 0, to: 1 });
  let seq = 0;
  const tell = (node: string, raft: RaftEvent): void => {
    seq += 1;
    facts.addEvent(fakeEvent(seq, '', { time: clusterTime(10 * seq), node: nodeId(node), raft }));
  };
  const compare = SPLIT_VOTE.parts[0]?.steps.find((step) => step.type === 'compare' && step.of === 'who');
  const outcome = () => (compare?.type === 'compare' ? compare.outcome(facts) : undefined);
  for (const node of ['n2', 'n3', 'n4']) tell(node, { type: 'election', term: term(2), preVote: false, reason: '' });
  expect(outcome()).toBeNull();
  tell('n4', { type: 'election', term: term(3), preVote: false, reason: '' });
  tell('n4', { type: 'role', role: 'leader', term: term(3), leader: nodeId('n4'), reason: '' });
  expect(outcome()).toMatchObject({ choice: 'nobody' });
  expect([facts.untilLeader('isolate n1'), facts.untilLeader('isolate n1', 'begun')]).toEqual([49, 50]);
});

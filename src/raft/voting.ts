/** Answers to vote requests: the same rules in every role (Raft §5.2, §5.4.1; pre-vote: dissertation §9.6). */
import { term } from '../base/brand.ts';
import type { VoteRefusal, VoteRequest } from './messages.ts';
import type { RaftState } from './state.ts';

/** Grants or refuses, and says so. A pre-vote changes nothing here; a vote may adopt the candidate's term first. */
export function answerVoteRequest(state: RaftState, request: VoteRequest): void {
  const sticky = (state.leaderIsAlive || state.boundMs > 0) && !request.transfer;
  // A live leader's follower does not even adopt the term: otherwise one bad link could depose leader after leader.
  if (!request.preVote && request.term > state.term && !sticky) {
    state.become.follow(request.term, `${request.from} campaigns in term ${request.term}`);
  }
  const refusal = refusalOf(state, request, sticky);
  const granted = refusal === null;
  if (granted && !request.preVote) {
    state.castVote(request.from);
    state.timer.restart(state.now);
  }
  const { id, outbox } = state;
  const { from, preVote } = request;
  outbox.tell({ type: 'vote-cast', to: from, term: request.term, preVote, granted, refusal });
  const reply = {
    type: 'vote-reply',
    from: id,
    to: from,
    term: replyTerm(state, request, granted),
    preVote,
    granted,
    refusal,
  } as const;
  // Only a real vote is a promise; a refusal that waited for a stuck disk would help nobody.
  if (granted && !preVote) outbox.promise(reply);
  else outbox.send(reply);
}

/**
 * A granted pre-vote names the term that was asked about. A refused one names our own term, so that a candidate which
 * fell behind catches up. Otherwise the higher of both: a refusal must reach the election it answers.
 */
function replyTerm(state: RaftState, request: VoteRequest, granted: boolean) {
  if (request.preVote) return granted ? request.term : state.term;
  return term(Math.max(state.term, request.term));
}

function refusalOf(state: RaftState, request: VoteRequest, sticky: boolean): VoteRefusal | null {
  if (request.term < state.term) return 'older-term';
  if (sticky) return state.leaderIsAlive ? 'leader-is-alive' : 'lease-may-hold';
  if (request.term === state.term && isTaken(state, request)) return 'already-voted';
  if (state.repairing) return 'repairing';
  if (!state.log.isCovered(request.last)) return 'log-behind';
  if (state.storageStalled) return 'storage-stalled';
  return null;
}

/** Whether this term's vote is gone, to somebody else or to a leader that has been acknowledged. */
function isTaken(state: RaftState, request: VoteRequest): boolean {
  if (state.votedFor !== null) return state.votedFor !== request.from;
  return state.leader !== null && state.leader !== request.from;
}

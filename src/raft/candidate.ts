/** An election, or the pre-vote that finds out whether one could be won (Raft §5.2; dissertation §9.6). */
import { assert } from '../base/assert.ts';
import { type Millis, type NodeId, nextTerm } from '../base/brand.ts';
import type { VoteReply, VoteRequest } from './messages.ts';
import { voteResult } from './quorum.ts';
import { RoleHandler } from './role-handler.ts';
import type { RaftState } from './state.ts';

export type Stage = 'pre-vote' | 'vote' | 'transfer';

export class CandidateRole extends RoleHandler {
  readonly role: 'pre-candidate' | 'candidate';
  readonly #state: RaftState;
  readonly #stage: Stage;
  readonly #granted = new Set<NodeId>();
  readonly #refused = new Set<NodeId>();

  constructor(state: RaftState, stage: Stage) {
    super();
    this.#state = state;
    this.#stage = stage;
    this.role = stage === 'pre-vote' ? 'pre-candidate' : 'candidate';
  }

  get deadline(): Millis {
    return this.#state.timer.deadline;
  }

  override get votes() {
    return { granted: this.#granted, refused: this.#refused };
  }

  /** Asks everybody, once this candidate is the core's role. */
  start(reason: string): void {
    const state = this.#state;
    assert(state.isVoter && !state.repairing, 'only voters with a whole log campaign');
    assert(this.#stage !== 'vote' || state.boundMs === 0, 'nobody votes while a lease may rest on its vote', () => state.boundMs);
    if (this.#stage === 'vote') state.timer.secondRound(state.now);
    else state.timer.nextAttempt(state.now);
    if (this.role === 'candidate') {
      state.adoptTerm(nextTerm(state.term));
      state.castVote(state.id);
    }
    const preVote = this.role === 'pre-candidate';
    const asked = preVote ? nextTerm(state.term) : state.term;
    state.outbox.tell({ type: 'election', term: asked, preVote, reason });
    state.tellRole(this.role, reason);
    for (const to of state.membership.members) {
      if (to === state.id || !state.membership.isVoter(to)) continue;
      const { index, term } = state.log.last;
      const request: VoteRequest = {
        type: 'vote-request',
        from: state.id,
        to,
        term: asked,
        last: { index, term },
        preVote,
        transfer: this.#stage === 'transfer',
      };
      // To ask for votes is to have voted for oneself; a pre-vote binds nobody.
      if (preVote) state.outbox.send(request);
      else state.outbox.promise(request);
    }
    // Our own vote counts like any other: in an election only when it is on disk, see onPersisted.
    if (preVote) this.#count(state.id, true);
  }

  tick(): void {
    const state = this.#state;
    if (state.now < state.timer.deadline) return;
    if (state.storageStalled) {
      state.timer.restart(state.now);
      state.become.follow(state.term, 'the disk is stuck');
      return;
    }
    state.become.campaign('pre-vote', this.role === 'candidate' ? 'nobody won the election' : 'too few answered the pre-vote');
  }

  override onVoteReply(reply: VoteReply): void {
    const { term, membership, outbox } = this.#state;
    const isMine = reply.preVote === (this.role === 'pre-candidate') && membership.isVoter(reply.from);
    if (!isMine || this.#granted.has(reply.from) || this.#refused.has(reply.from)) return;
    // A grant counts for the very term it names; a pre-vote's names the one we would campaign in.
    const wanted = reply.preVote ? nextTerm(term) : term;
    if (reply.granted && reply.term !== wanted) return;
    const { from, preVote, granted, refusal } = reply;
    outbox.tell({ type: 'vote-received', from, term: wanted, preVote, granted, refusal });
    this.#count(from, granted);
  }

  override onPersisted(): void {
    const { durability, id, term } = this.#state;
    if (this.role === 'candidate' && durability.hardState.term === term && !this.#granted.has(id)) this.#count(id, true);
  }

  #count(voter: NodeId, granted: boolean): void {
    const { become, membership, term } = this.#state;
    (granted ? this.#granted : this.#refused).add(voter);
    const result = voteResult(membership.current, this.#granted, this.#refused);
    const voters = [...this.#granted].join(', ');
    if (result === 'lost') become.follow(term, `refused by ${[...this.#refused].join(', ')}`);
    else if (result === 'won' && this.role === 'candidate') become.lead(`elected by ${voters}`);
    else if (result === 'won') become.campaign('vote', `encouraged by ${voters}`);
  }
}

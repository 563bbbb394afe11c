/** A follower copies the leader's log and waits for its silence (Raft §5.2, §5.3). A learner does only the first. */
import { assert } from '../base/assert.ts';
import { after, type LogIndex, logIndex, type Millis, millis, type NodeId } from '../base/brand.ts';
import { FollowerReads } from './follower-reads.ts';
import type { AppendRequest, EntryId, InstallSnapshot, ReadIndexReply, ReadTicket, TimeoutNow } from './messages.ts';
import { RoleHandler } from './role-handler.ts';
import { NEVER, type RaftState } from './state.ts';

export class FollowerRole extends RoleHandler {
  readonly role = 'follower';
  readonly #state: RaftState;
  readonly #reads: FollowerReads;

  constructor(state: RaftState) {
    super();
    this.#state = state;
    this.#reads = new FollowerReads(state);
  }

  get deadline(): Millis {
    return millis(Math.min(this.#state.isVoter ? this.#state.timer.deadline : NEVER, this.#reads.deadline));
  }

  /** Whether a linearizable read makes sense here: there is a leader to ask. */
  get mayAskLeader(): boolean {
    return this.#state.leaderHint !== null;
  }

  readIndex(ticket: ReadTicket): void {
    this.#reads.add(ticket);
  }

  override onReadIndexReply(reply: ReadIndexReply): void {
    this.#reads.answered(reply);
  }

  override beforeReady(): void {
    this.#reads.ask();
  }

  override leave(): void {
    this.#reads.leave();
  }

  tick(): void {
    const state = this.#state;
    this.#reads.tick();
    if (!state.isVoter || state.now < state.timer.deadline) return;
    if (state.mayStand) {
      state.become.campaign('pre-vote', silence(state));
      return;
    }
    state.suspectLeader();
    state.timer.restart(state.now);
  }

  override onPeerClosed(peer: NodeId): void {
    const state = this.#state;
    if (peer !== state.leaderHint) return;
    state.suspectLeader();
    state.timer.hurry(state.now, state.boundMs);
    state.tellRole('follower', `the connection to ${peer} closed`);
  }

  override onTimeoutNow(message: TimeoutNow): void {
    const state = this.#state;
    // The leader has given its lease up, so this vote is bound no more.
    if (message.from !== state.leader || !state.isFit) return;
    state.become.campaign('transfer', `${message.from} hands over`);
  }

  override onAppendRequest(received: AppendRequest): void {
    const state = this.#state;
    const request = this.#beyondOffset(received);
    // Two leaders in one term cannot be; whoever came second is lying.
    if (state.leader !== null && state.leader !== request.from) return;
    if (this.#contradictsCommitted(request)) {
      // From the leader we follow this means that committed entries differ: stop before more is lost. From somebody
      // who merely claims the term it proves nothing but bad faith, and is not believed.
      assert(state.leader === null, 'the leader agrees with what is committed', () => [
        request.from,
        request.previous,
        state.commitIndex,
      ]);
      return;
    }
    this.#heard(request.from);
    if (!state.log.agreesWith(request.previous)) {
      this.#refuse(request);
      return;
    }
    this.#store(request);
    const covered = after(request.previous.index, request.entries.length);
    // Not beyond what this message covers: what follows in our log may be another leader's (Raft figure 2).
    state.commitTo(logIndex(Math.min(request.commit, covered)));
    this.#confirm(request, covered);
  }

  /** Without the entries that have left our log: they are committed, and never appended again (willemt/raft#118). */
  #beyondOffset(request: AppendRequest): AppendRequest {
    const { offset } = this.#state.log;
    const skipped = offset.index - request.previous.index;
    if (skipped <= 0) return request;
    const last = request.entries[skipped - 1];
    if (last === undefined) return request;
    return { ...request, previous: { index: last.index, term: last.term }, entries: request.entries.slice(skipped) };
  }

  override onInstallSnapshot(piece: InstallSnapshot): void {
    const state = this.#state;
    if (state.leader !== null && state.leader !== piece.from) return;
    this.#heard(piece.from);
    const { last } = piece.snapshot;
    // What we have, the leader need not send: it may go on with entries.
    if (last.index > state.commitIndex && state.log.holds(last)) state.commitTo(last.index);
    if (last.index <= state.commitIndex) this.confirmInstalled();
    else state.outbox.store(piece);
  }

  /** Everything committed is here and, once this leaves, on the disk. */
  confirmInstalled(): void {
    const { commitIndex: matched, id: from, leader, log, outbox, term } = this.#state;
    if (leader === null) return;
    const { index, term: lastTerm } = log.last;
    outbox.promise({ type: 'append-reply', from, to: leader, term, matched, hint: { index, term: lastTerm }, readRound: 0 });
  }

  #heard(leader: NodeId): void {
    const state = this.#state;
    const isNews = state.leaderHint === null;
    state.acknowledgeLeader(leader);
    state.timer.restart(state.now);
    if (isNews) state.tellRole('follower', `${leader} leads term ${state.term}`);
  }

  #contradictsCommitted({ previous, entries }: AppendRequest): boolean {
    const { log, commitIndex } = this.#state;
    if (previous.index > commitIndex) return false;
    if (!log.agreesWith(previous)) return true;
    const first = entries[log.firstNew(entries)];
    return first !== undefined && first.index <= commitIndex;
  }

  /** Appends what is new. Only a true conflict truncates, so late and repeated messages do no harm (Raft §5.3). */
  #store({ from, entries }: AppendRequest): void {
    const state = this.#state;
    const firstNew = state.log.firstNew(entries);
    const conflict = entries[firstNew]?.index;
    if (conflict === undefined) return;
    const { lastIndex } = state.log;
    if (conflict <= lastIndex) {
      state.truncate(conflict);
      state.outbox.tell({ type: 'truncated', from: conflict, to: lastIndex, leader: from });
    }
    for (let place = firstNew; place < entries.length; place += 1) {
      const entry = entries[place];
      if (entry !== undefined) state.append(entry);
    }
  }

  #refuse(request: AppendRequest): void {
    const { log } = this.#state;
    this.#reply(request, null, log.lastUpTo(request.previous.index, request.previous.term), false);
  }

  /**
   * An acknowledgement promises that the entries are on disk. A heartbeat's answer must not queue behind a slow disk,
   * so it claims only what is there already.
   */
  #confirm(request: AppendRequest, covered: LogIndex): void {
    const { durability, log, term } = this.#state;
    const mayGoNow = request.entries.length === 0 && durability.hardState.term === term;
    const matched = mayGoNow ? logIndex(Math.min(covered, durability.durableIndex)) : covered;
    this.#reply(request, matched, log.last, !mayGoNow);
  }

  #reply(request: AppendRequest, matched: LogIndex | null, hint: EntryId, isPromise: boolean): void {
    const { id, term, outbox } = this.#state;
    const { from: to, readRound } = request;
    const reply = {
      type: 'append-reply',
      from: id,
      to,
      term,
      matched,
      hint: { index: hint.index, term: hint.term },
      readRound,
    } as const;
    if (isPromise) outbox.promise(reply);
    else outbox.send(reply);
  }
}

function silence(state: RaftState): string {
  if (state.isAlone) return 'alone in the cluster';
  if (state.leader === null) return 'no leader in sight';
  if (state.leaderHint === null) return `${state.leader} seems to be gone`;
  return `no word from ${state.leader} for ${Math.round(state.quietMs)} ms`;
}

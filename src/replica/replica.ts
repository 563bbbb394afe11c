/** One running member: the Raft core, the store and the ports, tied together by one short loop. */
import { assert } from '../base/assert.ts';
import { type LogIndex, logIndex, type Millis, millis, type NodeId } from '../base/brand.ts';
import type { ErrorKind } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { Machine } from '../kv/machine.ts';
import { RaftCore } from '../raft/core.ts';
import type { CoreStatus, Entry, Input, Message, ReadPath, Ready, Snapshot } from '../raft/messages.ts';
import { Backlog } from './backlog.ts';
import { type Checkpoint, Checkpoints } from './checkpoints.ts';
import type { ReplicaOptions } from './options.ts';
import { Pace } from './pace.ts';
import type { Cancel } from './ports.ts';
import { logAfter, Snapshotter } from './snapshotter.ts';
import { Turns } from './turns.ts';
import { type ProposalOutcome, type QueuedProposal, type QueuedRead, type ReadOutcome, Waiting } from './waiting.ts';

const APPLY_SLICE = 512;
/** Who writes waits for disks, which others serve meanwhile: nobody looks out for what comes. */
const ONLY_READS_MS = 10;
const EXPIRE_EVERY_MS = millis(100);

export class Replica {
  readonly #core: RaftCore;
  #machine: Machine;
  readonly #snapshotter: Snapshotter;
  readonly #options: Omit<ReplicaOptions, 'recovered'>;
  readonly #waiting = new Waiting();
  #inbox: Input[] = [];
  #proposals: QueuedProposal[] = [];
  #reads: QueuedRead[] = [];
  readonly #backlog = new Backlog();
  readonly #slice: number;
  readonly #pace: Pace;
  #follows = false;
  #appliedIndex: LogIndex;
  readonly #checkpoints = new Checkpoints();
  /** Per batch that the disk works on: the turns whose promises wait for it. */
  readonly #unsynced: Ready[][] = [];
  /** When the disk was last given something. */
  #wroteAt = 0;
  readonly #turns: Turns;
  #cancelExpiry: Cancel | null = null;
  #stopped = false;

  /** What was recovered is let go of: the log will be compacted, and the state may be replaced. */
  constructor({ recovered, ...options }: ReplicaOptions) {
    this.#options = options;
    this.#slice = options.applySlice ?? APPLY_SLICE;
    const { snapshot } = recovered;
    this.#machine = this.#remembering(snapshot?.machine ?? new Machine());
    this.#appliedIndex = snapshot?.snapshot.last.index ?? logIndex(0);
    this.#pace = new Pace(options.clock, recovered.commitHint, this.#appliedIndex);
    this.#turns = new Turns(options.clock, this.#pace, () => this.#guarded(() => this.#turn()));
    this.#core = new RaftCore({
      id: options.id,
      configuration: options.configuration,
      hardState: recovered.hardState,
      snapshot: snapshot?.snapshot ?? null,
      ...logAfter(recovered, options.snapshotPolicy),
      commitHint: recovered.commitHint,
      now: options.clock.now(),
      random: options.random,
      heartbeatMs: options.heartbeatMs,
      electionMs: options.electionMs,
      ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
      limits: options.limits ?? {},
    });
    this.#snapshotter = new Snapshotter({
      id: options.id,
      store: options.snapshots,
      logStore: options.logStore,
      policy: options.snapshotPolicy ?? {},
      log: this.#core,
      isBusy: () => this.#pace.isBehind || this.#core.hasStragglers,
      send: (message) => options.transport.send(message),
      accept: (input) => this.#accept(input),
      onTrouble: options.onTrouble ?? (() => {}),
    });
    this.#turns.schedule();
  }

  /** A message from a peer; already checked for shape. */
  receive(message: Message): void {
    if (message.type === 'append-request') this.#pace.heard(message.commit);
    this.#accept({ type: 'message', message });
  }

  /** The connection with `peer` closed unexpectedly. */
  peerClosed(peer: NodeId): void {
    this.#accept({ type: 'peer-closed', peer });
  }

  transferLeadership(to: NodeId): void {
    this.#accept({ type: 'transfer-leadership', to });
  }

  campaign(): void {
    this.#accept({ type: 'campaign' });
  }

  /** Replicates a command's text. `done` is called exactly once, at the latest shortly after `deadline`. */
  propose(data: string, deadline: Millis, done: (outcome: ProposalOutcome) => void): void {
    const refused = this.#refused(this.#proposals.length >= LIMITS.proposalQueue) ?? this.#withoutRoom();
    if (refused !== null) {
      done({ ok: false, error: refused });
      return;
    }
    this.#proposals.push({ data, deadline, done });
    this.#turns.schedule();
  }

  /**
   * Calls `done` when this node's own state is recent enough for a linearizable read (dissertation §6.4). `path` says whether only a
   * leader may do so, or any node that knows one.
   */
  read(deadline: Millis, done: (outcome: ReadOutcome) => void, path: ReadPath = 'leader'): void {
    const refused = this.#refused(this.#reads.length + this.#waiting.reads >= LIMITS.readQueue);
    if (refused !== null) {
      done({ ok: false, error: refused });
      return;
    }
    this.#reads.push({ path, deadline, done });
    this.#turns.schedule();
  }

  /** The state as far as it is applied; another object after a snapshot was installed. */
  get machine(): Omit<Machine, 'apply' | 'view' | 'parts' | 'limitHistory'> {
    return this.#machine;
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  /** The state at the newest multiples of CHECKPOINT_EVERY and now, ascending by index. */
  checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints.upTo(this.#appliedIndex, this.#machine.hash());
  }

  queues(): { readonly proposals: number; readonly reads: number; readonly unsynced: number } {
    return {
      proposals: this.#proposals.length + this.#waiting.proposals,
      reads: this.#reads.length + this.#waiting.reads,
      unsynced: this.#unsynced.length,
    };
  }

  coreStatus(): CoreStatus {
    return this.#core.status(this.#options.clock.now());
  }

  entries(from: LogIndex, limit: number): readonly Entry[] {
    return this.#core.entries(from, limit);
  }

  /** Answers all who wait and takes no further step. What is on its way to the disk still gets there. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#turns.stop();
    this.#cancelExpiry?.();
    this.#snapshotter.stop();
    for (const { done } of this.#proposals) done({ ok: false, error: 'SHUTTING_DOWN' });
    for (const { done } of this.#reads) done({ ok: false, error: 'SHUTTING_DOWN' });
    this.#waiting.abandon({ proposals: 'UNKNOWN_OUTCOME', reads: 'SHUTTING_DOWN' });
  }

  #refused(isFull: boolean): ErrorKind | null {
    if (this.#stopped) return 'SHUTTING_DOWN';
    return isFull ? 'OVERLOADED' : null;
  }

  /** Reads go on, and what waits for the disk is kept; more of it would only fill the memory as well. */
  #withoutRoom(): ErrorKind | null {
    return this.#options.logStore.isFull ? 'STORAGE_FULL' : null;
  }

  #accept(input: Input): void {
    if (this.#stopped) return;
    this.#inbox.push(input);
    this.#turns.schedule();
  }

  /** One turn: whatever arrived since the last turn becomes one batch. */
  #turn(): void {
    const now = this.#options.clock.now();
    const inbox = this.#inbox;
    this.#inbox = [];
    const arrived = inbox.length + this.#reads.length;
    for (const input of inbox) this.#core.step(now, input);
    this.#proposeQueued(now);
    this.#readQueued(now);
    // Last, so that a late timer never outruns a heartbeat that had already arrived.
    if (this.#core.deadline <= now) this.#core.step(now, { type: 'tick' });
    const before = this.#machine.revision;
    for (let takes = this.#hasRoom; this.#core.hasReady(takes); takes = this.#hasRoom) this.#carryOut(this.#core.ready(takes));
    this.#applySlice();
    this.#waiting.answerReads(this.#appliedIndex);
    if (this.#machine.revision !== before) this.#options.onChange?.();
    // One that falls due on the way to the end of the log would keep everybody waiting.
    if (this.#pace.caughtUp) this.#snapshotter.consider(this.#machine, this.#appliedIndex);
    this.#turns.arm(this.#core.deadline);
    this.#armExpiry();
    if (arrived > 0 && now > this.#wroteAt + ONLY_READS_MS)
      this.#options.clock.expect?.(this.#waiting.reads > 0 ? 'answer' : 'request');
    this.#pace.worked(now, this.#follows);
    if (this.#backlog.length > 0 || this.#core.hasReady()) this.#turns.schedule();
  }

  /** The order below is Raft's safety argument in code. */
  #carryOut(ready: Ready): void {
    const { transport, onEvent } = this.#options;
    for (const message of ready.messages) transport.send(message);
    // Others work while the rest of this turn is done.
    if (ready.messages.length > 0) transport.flush?.();
    for (const piece of ready.piecesToSend) this.#snapshotter.sendPiece(piece);
    this.#persist(ready);
    if (ready.restore !== null) this.#restore(ready.restore);
    this.#backlog.push(ready.committed);
    for (const { ticket, index } of ready.grantedReads) this.#waiting.granted(ticket, index);
    for (const ticket of ready.failedReads) this.#waiting.readFailed(ticket);
    for (const at of ready.truncated) this.#waiting.truncated(at);
    for (const event of ready.events) {
      if (event.type === 'role') this.#follows = event.role === 'follower' && event.leader !== null;
      if (event.type === 'role' && event.role !== 'leader') this.#leadershipMayBeLost();
      onEvent(event);
    }
  }

  /** Promises leave only when what they promise is on the disk, and never before an earlier batch's. */
  #persist(ready: Ready): void {
    if (ready.persist === null) {
      const newest = this.#unsynced.at(-1);
      if (newest !== undefined) newest.push(ready);
      else {
        // Nothing is on its way to the disk: all that was promised is durable.
        this.#keepPromises(ready);
        this.#confirm(ready);
      }
      return;
    }
    this.#unsynced.push([ready]);
    this.#wroteAt = this.#options.clock.now();
    this.#options.logStore.append(ready.persist, (error) => {
      const durable = this.#unsynced.shift() ?? [];
      if (error !== null) return this.#fatal(error);
      if (this.#stopped) return;
      for (const each of durable) {
        this.#keepPromises(each);
        this.#confirm(each);
      }
    });
  }

  /** In their order, and never in the middle of a turn. */
  #confirm({ seq }: Ready): void {
    if (seq !== null) this.#accept({ type: 'persisted', seq });
  }

  #keepPromises(ready: Ready): void {
    for (const message of ready.messagesAfterPersist) this.#options.transport.send(message);
    if (ready.messagesAfterPersist.length > 0) this.#options.transport.flush?.();
    for (const piece of ready.piecesReceived) this.#snapshotter.receivePiece(piece);
  }

  /** All at once: nobody sees a part of the one state and a part of the other. */
  #restore(snapshot: Snapshot): void {
    const machine = this.#snapshotter.restored(snapshot);
    assert(machine !== null, 'a snapshot is installed once its state is there', () => snapshot.last);
    assert(snapshot.last.index > this.#appliedIndex, 'a state never goes back in time', () => [
      this.#appliedIndex,
      snapshot.last,
    ]);
    this.#machine = this.#remembering(machine);
    this.#appliedIndex = snapshot.last.index;
    this.#backlog.clear();
    this.#waiting.skippedTo(snapshot.last.index);
  }

  #remembering(machine: Machine): Machine {
    if (this.#options.historyLimits !== undefined) machine.limitHistory(this.#options.historyLimits);
    return machine;
  }

  #proposeQueued(now: Millis): void {
    if (this.#proposals.length === 0) return;
    const time = this.#options.clock.wallTime();
    const queued = this.#proposals;
    this.#proposals = [];
    for (const { data, deadline, done } of queued) {
      // Nothing was proposed yet, so this late refusal is definite.
      if (deadline <= now) {
        done({ ok: false, error: 'NO_QUORUM' });
        continue;
      }
      const result = this.#core.propose(now, time, data);
      if (result.ok) this.#waiting.addProposal(result.at, deadline, done);
      else done({ ok: false, error: refusal(result.reason) });
    }
  }

  #readQueued(now: Millis): void {
    if (this.#reads.length === 0) return;
    const queued = this.#reads;
    this.#reads = [];
    for (const { path, deadline, done } of queued) {
      const result = this.#core.readIndex(now, path);
      if (result.ok) this.#waiting.addRead(result.ticket, deadline, done);
      else done({ ok: false, error: 'NOT_LEADER' });
    }
  }

  /** What is committed stays in the log until there is hardly anything else to apply. */
  get #hasRoom(): boolean {
    return this.#backlog.length < this.#slice;
  }

  #applySlice(): void {
    this.#backlog.slice(this.#slice, this.#options.clock, (entry) => this.#apply(entry));
    this.#pace.applied(this.#appliedIndex);
  }

  #apply(entry: Entry): void {
    assert(entry.index === this.#appliedIndex + 1, 'entries are applied one by one, in order', () => ({
      applied: this.#appliedIndex,
      entry: entry.index,
    }));
    this.#appliedIndex = entry.index;
    this.#snapshotter.applied(entry);
    const reply = entry.kind === 'command' ? this.#machine.apply(entry.index, entry.data, entry.time).reply : null;
    this.#checkpoints.applied(entry.index, () => this.#machine.hash());
    this.#waiting.applied(entry, reply);
  }

  /** A deposed leader's entries may still commit: whoever waits hears of it from the next leader, or not at all. */
  #leadershipMayBeLost(): void {
    if (this.#waiting.proposals === 0) return;
    this.#options.clock.after(millis(this.#options.electionMs), () => {
      if (this.#stopped || this.#core.status(this.#options.clock.now()).role === 'leader') return;
      this.#waiting.abandon({ proposals: 'UNKNOWN_OUTCOME', reads: 'NO_QUORUM' });
    });
  }

  #armExpiry(): void {
    if (this.#cancelExpiry !== null || this.#waiting.empty) return;
    this.#cancelExpiry = this.#options.clock.after(EXPIRE_EVERY_MS, () => {
      this.#cancelExpiry = null;
      this.#waiting.expire(this.#options.clock.now());
      this.#armExpiry();
    });
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fatal(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fatal(error: Error): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onFatal(error);
  }
}

function refusal(reason: 'not-leader' | 'backlog-full' | 'transferring'): ErrorKind {
  return reason === 'backlog-full' || reason === 'transferring' ? 'OVERLOADED' : 'NOT_LEADER';
}

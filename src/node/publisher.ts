import { clusterTime, type NodeId } from '../base/brand.ts';
import type { RaftEvent } from '../raft/messages.ts';
import type { MemberStatus, NodeEvent, Topic } from '../replica/status.ts';

const STATUS_EVERY_MS = 100;
/** Positions that run on and on, as under load, are told this often while nothing else happens: nobody reads quicker. */
const RUNNING_EVERY_MS = 200;
/** For so long after something has happened, whatever moves is told as quickly as ever: what a fault does is seen to a tenth of a second. */
const LIVELY_MS = 5_000;
/** An unchanged status is repeated this often, so that a watcher can tell a quiet node from a lost one. */
const REPEAT_EVERY_MS = 1_000;
/** A new watcher is told this many events of the past. */
const REPLAYED_EVENTS = 128;
/** A follower this long without a heartbeat is waiting to campaign: people want to see its timer run. */
const ELECTION_IS_NEAR_MS = 160;

type Listener = (event: NodeEvent) => void;

/** Tells watchers what happens: events at once, the status before a change of role, and up to ten times a second when it changed. */
export class Publisher {
  readonly #node: NodeId;
  readonly #status: () => MemberStatus;
  readonly #watchers = new Map<Listener, ReadonlySet<Topic>>();
  readonly #changeListeners = new Set<() => void>();
  #past: NodeEvent[] = [];
  #seq = 0;
  #timer: NodeJS.Timeout | null = null;
  #lastPrint: Print = { standing: '', positions: '' };
  #lastSent = 0;
  #happened = Number.NEGATIVE_INFINITY;

  constructor(node: NodeId, status: () => MemberStatus) {
    this.#node = node;
    this.#status = status;
  }

  subscribe(topics: readonly Topic[], listener: Listener): () => void {
    this.#watchers.set(listener, new Set(topics));
    for (const event of this.#past) if (topics.includes(event.topic)) listener(event);
    if (topics.includes('status')) listener(this.#statusEvent(this.#status()));
    this.#timer ??= setInterval(() => this.#publishStatus(), STATUS_EVERY_MS);
    return () => {
      this.#watchers.delete(listener);
      if (this.#watchers.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    };
  }

  raft(event: RaftEvent): void {
    // Whoever looks at the moment of an election must find its outcome there, so the status does not wait for its turn.
    if (event.type === 'role' && this.#watchers.size > 0) this.#publishStatus();
    this.#seq += 1;
    this.#tell({ topic: 'raft', seq: this.#seq, node: this.#node, time: clusterTime(Date.now()), event });
  }

  fault(text: string): void {
    this.#seq += 1;
    this.#tell({ topic: 'fault', seq: this.#seq, node: this.#node, time: clusterTime(Date.now()), text });
  }

  /** Calls when the store has changed: for those who watch keys. */
  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#changeListeners) listener();
  }

  stop(): void {
    this.#changeListeners.clear();
    this.#watchers.clear();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tell(event: NodeEvent): void {
    this.#happened = performance.now();
    this.#past.push(event);
    if (this.#past.length > 2 * REPLAYED_EVENTS) this.#past = this.#past.slice(-REPLAYED_EVENTS);
    this.#send(event);
  }

  #send(event: NodeEvent): void {
    for (const [listener, topics] of this.#watchers) if (topics.has(event.topic)) listener(event);
  }

  #publishStatus(): void {
    const status = this.#status();
    const print = printOf(status);
    const now = performance.now();
    const { standing, positions } = this.#lastPrint;
    if (print.standing !== standing) this.#happened = now;
    const isLively = now - this.#happened < LIVELY_MS;
    const pause = print.positions === positions ? REPEAT_EVERY_MS : isLively ? 0 : RUNNING_EVERY_MS;
    // Half a step of the timer is neither early nor late.
    if (print.standing === standing && now - this.#lastSent + STATUS_EVERY_MS / 2 < pause) return;
    this.#lastPrint = print;
    this.#lastSent = now;
    this.#send(this.#statusEvent(status));
  }

  #statusEvent(status: MemberStatus): NodeEvent {
    return { topic: 'status', node: this.#node, time: clusterTime(Date.now()), status };
  }
}

/** What a person would call a change: everything but clocks, memory and the timers of a quiet cluster. */
interface Print {
  /** What stands still while all is well. */
  readonly standing: string;
  readonly positions: string;
}

function printOf(status: MemberStatus): Print {
  const { role, term, votedFor, leader, votes, transferTo, repairing, peers, links, queues } = status;
  const { lastIndex, commitIndex, appliedIndex, durableIndex, keys, revision } = status;
  const waited = status.election?.elapsedMs ?? 0;
  return {
    standing: JSON.stringify([
      [role, term, votedFor, leader, votes, transferTo, repairing],
      waited > ELECTION_IS_NEAR_MS ? Math.round(waited) : 0,
      peers.map((peer) => [peer.id, peer.state]),
      links.map((link) => [link.peer, link.connected]),
    ]),
    positions: JSON.stringify([
      [lastIndex, commitIndex, appliedIndex, durableIndex, keys, revision],
      peers.map((peer) => [peer.matchIndex, peer.nextIndex]),
      queues,
    ]),
  };
}

/** One client: one operation at a time, numbered within its session, tried again elsewhere until it knows or gives up. */
import type { NodeId } from '../base/brand.ts';
import { ERRORS, type ErrorKind } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { encodeCommand } from '../kv/command-text.ts';
import type { Command, RangeResult, Reply, RequestId } from '../kv/commands.ts';
import type { EntryId, ReadPath } from '../raft/messages.ts';
import type { Replica } from '../replica/replica.ts';
import type { Span } from './disk.ts';
import type { EventQueue } from './event-queue.ts';
import { type Operation, type OperationAction, type OperationResult, WHOLE_RANGE } from './history.ts';
import { deadlineOf, type SimNode } from './node.ts';
import type { SimOptions } from './options.ts';
import type { Referee } from './referee.ts';

/** How a client deals with a cluster that does not answer at once. */
type Manner = Pick<SimOptions, 'attemptMs' | 'patienceMs' | 'meekness' | 'strayShare' | 'thinkMs' | 'readsAnywhere' | 'leases'>;

export interface ClientParts {
  readonly queue: EventQueue;
  readonly random: Random;
  /** Of its own, for what is drawn about reads at any node. */
  readonly readRandom: Random;
  readonly nodes: ReadonlyMap<NodeId, SimNode>;
  readonly latency: () => number;
  readonly referee: Referee;
  readonly options: Manner;
  /** What to do next; `known` is the value last seen at a key. */
  readonly draw: (random: Random, place: number, known: (key: string) => string | null) => OperationAction;
  readonly onOperation: (operation: Operation) => void;
  readonly plants: ClientPlants;
}

/** Where a test plants a client's bug. */
export interface ClientPlants {
  readonly request?: (request: RequestId) => RequestId | null;
}

/** An operation under way; `action` is null while a session is opened. */
interface Current {
  readonly action: OperationAction | null;
  readonly request: RequestId | null;
  readonly callMs: number;
  /** A read that any node may answer. */
  readonly path: ReadPath;
  /** What had been seen by anyone when it began. */
  readonly floor: number;
  attempts: number;
  /** Some attempt may have taken effect, or still may. */
  open: boolean;
}

type Answer =
  | { readonly type: 'written'; readonly at: EntryId; readonly reply: Reply }
  | {
      readonly type: 'read';
      readonly result: Extract<OperationResult, { type: 'get' | 'range' }>;
      readonly range: RangeResult | null;
    }
  | { readonly type: 'error'; readonly error: ErrorKind; readonly leader: NodeId | null }
  | { readonly type: 'silence' };

const BACK_OFF: Span = [2, 40];
const LATE: Span = [20, 1_500];
const CALM = { attemptMs: 1_500, patienceMs: 4_000, meekness: 0, strayShare: 0 };

export class Client {
  readonly #name: string;
  readonly #parts: ClientParts;
  readonly #known = new Map<string, string | null>();
  #target: NodeId | null = null;
  #session: number | null = null;
  #sequence = 0;
  #count = 0;
  #process = 0;
  #current: Current | null = null;
  #stopped = false;
  #manner: Manner;
  /** When the last operation that succeeded was begun. */
  succeededFrom = -1;

  constructor(name: string, parts: ClientParts) {
    this.#name = name;
    this.#parts = parts;
    this.#manner = parts.options;
    this.#next();
  }

  get isIdle(): boolean {
    return this.#current === null;
  }

  /** All is well again: from now on it waits as long as an answer may take, and nothing of its own goes astray. */
  calm(): void {
    this.#manner = { ...this.#manner, ...CALM };
  }

  /** Ends what it does and begins nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  #next(): void {
    this.#parts.queue.after(this.#drawn(this.#manner.thinkMs), () => {
      if (!this.#stopped) this.#begin();
    });
  }

  #begin(): void {
    const { queue, random, referee, draw } = this.#parts;
    const action = this.#session === null ? null : draw(random, this.#count, (key) => this.#known.get(key) ?? null);
    this.#count += 1;
    const writes = action !== null && action.type !== 'get' && action.type !== 'range';
    if (writes) this.#sequence += 1;
    const request =
      writes && this.#session !== null
        ? { session: this.#session, sequence: this.#sequence, acknowledged: this.#sequence - 1 }
        : null;
    const path = action === null || writes ? 'leader' : this.#drawPath();
    const current = { action, request, path, callMs: queue.now, floor: referee.newestRevision, attempts: 0, open: false };
    this.#current = current;
    this.#attempt(current);
  }

  #attempt(current: Current): void {
    const { queue } = this.#parts;
    current.attempts += 1;
    let waiting = true;
    const answered = (answer: Answer): void => {
      if (!waiting) return;
      waiting = false;
      giveUp();
      if (this.#current === current) this.#take(current, answer);
    };
    const giveUp = queue.after(this.#manner.attemptMs, () => answered({ type: 'silence' }));
    const node = current.path === 'here' ? this.#anyNode(this.#parts.readRandom) : this.#node();
    this.#travel(() => this.#deliver(node, current, (answer) => this.#travel(() => answered(answer))));
  }

  /** Between a client and a node: sometimes lost, sometimes so late that the client has long gone on. */
  #travel(arrive: () => void): void {
    const { queue, latency, random } = this.#parts;
    const { strayShare } = this.#manner;
    if (random.next() >= strayShare) queue.after(latency(), arrive);
    else if (random.next() < 0.7) queue.after(this.#drawn(LATE), arrive);
  }

  #deliver(node: SimNode, current: Current, answer: (answer: Answer) => void): void {
    const refused = (): void => answer({ type: 'error', error: 'SHUTTING_DOWN', leader: null });
    if (node.replica === null) {
      refused();
      return;
    }
    node.enter(node.life, () => {
      const { replica } = node;
      if (replica === null) return refused();
      const fail = (error: ErrorKind): void => answer({ type: 'error', error, leader: replica.coreStatus().leader });
      const deadline = deadlineOf(node.clock, this.#manner.attemptMs);
      const command = this.#commandOf(current);
      if (command === null) {
        return replica.read(
          deadline,
          (outcome) => (outcome.ok ? answer(readFrom(replica, current.action)) : fail(outcome.error)),
          current.path,
        );
      }
      replica.propose(encodeCommand(command), deadline, (outcome) => {
        if (outcome.ok) answer({ type: 'written', at: outcome.at, reply: outcome.reply });
        else fail(outcome.error);
      });
    });
  }

  /** Null for a read. */
  #commandOf({ action, request: named }: Current): Command | null {
    if (action === null) return { type: 'open-session' };
    const plant = this.#parts.plants.request;
    const request = named !== null && plant !== undefined ? plant(named) : named;
    switch (action.type) {
      case 'put':
        return { type: 'put', key: action.key, value: action.value, request };
      case 'delete':
        return { type: 'delete', key: action.key, request };
      case 'cas':
        return { type: 'cas', key: action.key, expect: action.expect, value: action.value, request };
      default:
        return null;
    }
  }

  #take(current: Current, answer: Answer): void {
    const { queue, random } = this.#parts;
    const { meekness, patienceMs } = this.#manner;
    let accepted = false;
    switch (answer.type) {
      case 'written':
        this.#written(current, answer);
        return;
      case 'read':
        this.#read(current, answer);
        return;
      case 'silence':
        current.open = true;
        this.#target = null;
        break;
      case 'error':
        if (ERRORS[answer.error].outcome === 'unknown') current.open = true;
        accepted = current.action !== null && random.next() < meekness;
        this.#target = answer.error === 'NOT_LEADER' ? answer.leader : null;
    }
    if (!accepted && queue.now - current.callMs < patienceMs) {
      queue.after(this.#drawn(BACK_OFF), () => this.#current === current && this.#attempt(current));
      return;
    }
    const isOpen = current.open && current.request !== null;
    this.#end(current, { outcome: isOpen ? 'unknown' : 'failed' });
    if (isOpen) this.#process += 1;
  }

  #written(current: Current, { at, reply }: Extract<Answer, { type: 'written' }>): void {
    const { referee } = this.#parts;
    const { action } = current;
    referee.acknowledged(at, reply, current.floor);
    if (reply.type === 'session') this.#session = reply.session;
    if (action === null || reply.type === 'session' || reply.type === 'session-expired') {
      this.#end(current, null);
      return;
    }
    if (action.type === 'put' || (reply.type === 'cas' && reply.swapped && action.type === 'cas')) {
      referee.checkHappened(action.value, reply.revision);
      this.#known.set(action.key, action.value);
    } else if (reply.type === 'cas' && action.type === 'cas') {
      this.#known.set(action.key, reply.current);
    }
    this.#end(current, { outcome: 'ok', ...reply });
  }

  #read(current: Current, { result, range }: Extract<Answer, { type: 'read' }>): void {
    const { referee } = this.#parts;
    const { action, floor } = current;
    if (range !== null) referee.range(range, floor);
    else if (result.type === 'get' && action?.type === 'get') {
      referee.read(action.key, result.revision, result.kv, floor);
      this.#known.set(action.key, result.kv?.value ?? null);
    }
    this.#end(current, result);
  }

  #end({ action, callMs }: Current, result: OperationResult | null): void {
    const { queue, onOperation } = this.#parts;
    this.#current = null;
    if (action !== null && result !== null) {
      if (result.outcome === 'ok') this.succeededFrom = callMs;
      const process = `${this.#name}.${this.#process}`;
      onOperation({ process, action, callMs, returnMs: queue.now, result });
    }
    this.#next();
  }

  #node(): SimNode {
    const { nodes, random } = this.#parts;
    const known = this.#target === null ? undefined : nodes.get(this.#target);
    const node = known ?? this.#anyNode(random);
    this.#target = node.id;
    return node;
  }

  #anyNode(random: Random): SimNode {
    const all = [...this.#parts.nodes.values()];
    const node = all[random.integer(0, all.length)];
    if (node === undefined) throw new Error('a cluster has nodes');
    return node;
  }

  #drawPath(): ReadPath {
    const { leases, readsAnywhere } = this.#manner;
    const { readRandom } = this.#parts;
    if (readsAnywhere > 0 && readRandom.next() < readsAnywhere) return 'here';
    return leases !== null && readRandom.next() < leases.share ? 'lease' : 'leader';
  }

  #drawn([from, to]: Span): number {
    return from + this.#parts.random.next() * (to - from);
  }
}

function readFrom(replica: Replica, action: OperationAction | null): Answer {
  const { revision } = replica.machine;
  if (action?.type === 'get') {
    return { type: 'read', result: { outcome: 'ok', type: 'get', kv: replica.machine.get(action.key), revision }, range: null };
  }
  const range = replica.machine.range(WHOLE_RANGE);
  return { type: 'read', result: { outcome: 'ok', type: 'range', kvs: range.kvs, revision }, range };
}

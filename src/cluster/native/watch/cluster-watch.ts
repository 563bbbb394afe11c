/** Turns what nodes report, what their processes do and what the ledger says into pictures and events. */
import type { NodeId } from '../../../base/brand.ts';
import type { RaftEvent } from '../../../raft/messages.ts';
import type { NodeEvent } from '../../../replica/status.ts';
import type { RaftKvClient } from '../../client/client.ts';
import type { ActiveFault, ClusterEvent, NodeView } from '../../driver.ts';
import { activeFault, readLedger } from '../faults/ledger.ts';
import { lastLogLines, nodeProcess, tellingLine } from '../process/processes.ts';
import { EventWords } from './event-words.ts';
import { FolderWatch } from './folder-watch.ts';
import type { LiveChecks } from './live-checks.ts';
import { NodeWatch } from './node-watch.ts';
import type { PictureKeeper } from './picture-keeper.ts';

/** How often is looked where nobody tells of changes, or where a fault has a time at which it ends. */
const LOOK_EVERY_MS = 500;
/** Enough for the sentence of an exception above its stack. */
const LOG_LINES = 40;
/** Files that change are told of, a process that ends closes its connections, and one that stands still falls silent: this is for the rest. */
const LOOK_SELDOM_MS = 10_000;
/** Nodes repeat their status every second. */
const SILENT_MS = 1_400;

const REMEMBERED_EVENTS = 512;

export interface ClusterWatchOptions {
  readonly client: RaftKvClient;
  readonly keeper: PictureKeeper;
  /** Null when the cluster is only known by its urls: then being connected is all there is to know. */
  readonly dir: string | null;
  /** Hears what nodes report. */
  readonly checks: Pick<LiveChecks, 'status' | 'event' | 'lost'>;
  /** Called after each look at the processes: time for what is due. */
  readonly onLook: () => void;
}

export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #words = new EventWords();
  readonly #listeners = new Set<(event: ClusterEvent) => void>();
  readonly #nodes = new Map<NodeId, NodeWatch>();
  #folder: FolderWatch | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #lookedOnce = false;
  #seq = 0;
  #past: ClusterEvent[] = [];

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
  }

  start(): void {
    const { client, keeper, dir } = this.#options;
    for (const { id } of keeper.picture.nodes) {
      const onConnected = (connected: boolean): void => this.#connection(id, connected);
      this.#nodes.set(id, new NodeWatch({ client, node: id, onEvent: (event) => this.#received(event), onConnected }));
    }
    if (dir === null) return;
    this.#folder = new FolderWatch(dir, [...this.#nodes.keys()], () => void this.#lookAnew());
    this.#wind();
  }

  stop(): void {
    this.#stopped = true;
    this.#folder?.stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const node of this.#nodes.values()) node.stop();
    this.#listeners.clear();
  }

  /** A listener hears the past first, in the order in which it happened, whichever node told it sooner. */
  onEvent(listener: (event: ClusterEvent) => void): () => void {
    for (const event of this.#past.toSorted((a, b) => a.time - b.time || a.seq - b.seq)) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A check failed. */
  breach(text: string): void {
    this.#emit(null, 'note', 'error', text);
  }

  /** Looks at all processes and at the ledger. Never rejects: what cannot be read now is read at the next look. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll()
      .catch((error: unknown) => this.#emit(null, 'note', 'warn', `cannot look at the cluster: ${String(error)}`))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  /** Not content with a look that has begun before now. */
  async #lookAnew(): Promise<void> {
    await this.#looking;
    await this.look();
  }

  #wind(): void {
    if (this.#stopped) return;
    const isTold = this.#folder?.works === true && this.#options.keeper.picture.faults.every(({ until }) => until === null);
    const due = async (): Promise<void> => {
      await this.look();
      this.#options.onLook();
      this.#wind();
    };
    this.#timer = setTimeout(() => void due(), isTold ? LOOK_SELDOM_MS : LOOK_EVERY_MS);
  }

  /** A node that speaks shows that it runs, and by its side who does not speak any more. */
  #notice(id: NodeId): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    const isStrange = ({ id: other, state, seenAt }: NodeView): boolean =>
      other === id ? state !== 'up' : state === 'up' && seenAt !== null && now - seenAt > SILENT_MS;
    if (this.#options.keeper.picture.nodes.some(isStrange)) void this.look();
  }

  /** One that is over as soon as it is told, and so in no ledger. */
  tellFault(text: string): void {
    this.#emit(null, 'fault', 'warn', text);
  }

  async #lookAtAll(): Promise<void> {
    const { dir, keeper } = this.#options;
    if (dir === null) return;
    this.#lookedAt = performance.now();
    const first = !this.#lookedOnce;
    const [{ faults }, ...found] = await Promise.all([
      readLedger(dir),
      ...keeper.picture.nodes.map(async ({ id }) => ({ id, ...(await nodeProcess(dir, id)) })),
    ]);
    this.#lookedOnce = true;
    if (!first) this.#tellFaults(keeper.picture.faults, faults);
    // The faults come first: they tell whether the end of a process was wanted.
    keeper.updateFaults(faults.map(activeFault));
    for (const { id, state, pid } of found) {
      const old = keeper.node(id);
      if (old === null) continue;
      keeper.updateProcess(id, { state, pid }, this.#nodes.get(id)?.connected ?? false);
      if (!first) await this.#tellProcess(old, { state, pid });
      if (state === 'up') this.#nodes.get(id)?.hurry();
    }
  }

  #tellFaults(old: readonly ActiveFault[], now: readonly ActiveFault[]): void {
    for (const fault of now) {
      // As of when it was set: what it brought about may be told before the ledger is read again.
      if (!old.some(({ id }) => id === fault.id)) this.#emit(null, 'fault', 'warn', fault.command, fault.id, fault.since);
    }
    for (const fault of old) {
      if (now.some(({ id }) => id === fault.id)) continue;
      const word = now.some((each) => takesPlaceOf(each, fault)) ? 'replaced' : 'healed';
      this.#emit(null, 'fault', 'info', `${word}: ${fault.command}`, fault.id);
    }
  }

  async #tellProcess(old: NodeView, { state, pid }: Pick<NodeView, 'state' | 'pid'>): Promise<void> {
    const { id } = old;
    if (state === old.state && pid === old.pid) return;
    if (state === 'down' || (old.pid !== null && pid !== old.pid)) {
      this.#words.forget(id);
      await this.#tellEnd(id, old.pid);
    }
    if (state === 'down') return;
    if (pid !== old.pid) this.#emit(id, 'process', 'info', `started (pid ${pid})`);
    if (state === 'paused') this.#emit(id, 'process', 'warn', `stands still (pid ${pid})`);
    if (state === 'up' && old.state === 'paused') this.#emit(id, 'process', 'info', `goes on (pid ${pid})`);
  }

  async #tellEnd(id: NodeId, pid: number | null): Promise<void> {
    const { dir, keeper } = this.#options;
    const killed = keeper.picture.faults.findLast(
      ({ kind, nodes }) => (kind === 'kill' || kind === 'power-loss') && nodes.includes(id),
    );
    if (killed !== undefined || dir === null) {
      return this.#emit(id, 'process', 'warn', `killed (pid ${pid})`, null, killed?.since);
    }
    const last = tellingLine(await lastLogLines(dir, id, LOG_LINES));
    this.#emit(id, 'process', 'error', `ended (pid ${pid})${last === undefined ? '' : `; its log says: ${last.slice(0, 200)}`}`);
  }

  #connection(id: NodeId, connected: boolean): void {
    if (!connected) this.#options.checks.lost(id);
    if (this.#options.dir !== null) {
      if (!connected) void this.look();
      return;
    }
    this.#options.keeper.updateNode(id, { state: connected ? 'up' : 'down' });
    this.#emit(id, 'process', connected ? 'info' : 'warn', connected ? 'in reach' : 'out of reach');
  }

  #received(event: NodeEvent): void {
    const { keeper, dir } = this.#options;
    switch (event.topic) {
      case 'status':
        keeper.updateNode(event.node, { status: event.status, seenAt: performance.now() });
        if (dir !== null) this.#notice(event.node);
        this.#options.checks.status(event.status);
        return;
      case 'raft': {
        this.#options.checks.event(event.node, event.event);
        const voters = keeper.node(event.node)?.status?.configuration.voters.length ?? keeper.picture.nodes.length;
        const words = this.#words.describe(event.node, event.time, event.event, voters);
        if (words !== null) this.#emit(event.node, words.kind, words.severity, words.text, null, event.time, event.event);
        return;
      }
      case 'fault':
        // With a ledger the fault is told once, by its command, and not by every node that applies it.
        if (dir === null) this.#emit(event.node, 'fault', 'info', event.text, null, event.time);
    }
  }

  #emit(
    node: NodeId | null,
    kind: ClusterEvent['kind'],
    severity: ClusterEvent['severity'],
    text: string,
    fault: number | null = null,
    time: number = Date.now(),
    raft?: RaftEvent,
  ): void {
    this.#seq += 1;
    const event: ClusterEvent = {
      seq: this.#seq,
      time,
      node,
      kind,
      severity,
      text,
      fault,
      ...(raft === undefined ? {} : { raft }),
    };
    this.#past.push(event);
    if (this.#past.length > 2 * REMEMBERED_EVENTS) this.#past = this.#past.slice(-REMEMBERED_EVENTS);
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** A link that is changed in place is one fault that gives way to the next. */
function takesPlaceOf(fresh: ActiveFault, old: ActiveFault): boolean {
  const ends = ({ command }: ActiveFault): string => command.split(' ').slice(0, 3).join(' ');
  return fresh.id > old.id && fresh.kind === 'link' && old.kind === 'link' && ends(fresh) === ends(old);
}

/** Simulated machines with the real replica on them. Time passes only where the story waits, so a minute takes milliseconds. */
import { setImmediate as otherWork } from 'node:timers/promises';
import type { NodeId } from '../base/brand.ts';
import { type ErrorKind, RpcError } from '../base/errors.ts';
import { seededRandom } from '../base/random.ts';
import { encodeCommand } from '../kv/command-text.ts';
import type { RequestId } from '../kv/commands.ts';
import type { Replica } from '../replica/replica.ts';
import { eagerPolicy } from '../replica/snapshotter.ts';
import { SimCluster } from '../sim/cluster.ts';
import { deadlineOf, type SimNode } from '../sim/node.ts';
import { NodeKv } from './node-kv.ts';
import { VirtualDriver } from './virtual-driver.ts';
import type { NodeAnswer, NodeRequest, Shape, World } from './world.ts';

const LATENCY_MS = [0.2, 1.5] as const;
const SYNC_MS = [0.5, 3] as const;
/** Small, so that stories of full disks need few writes. */
const SEGMENT_BYTES = 8_192;
const SEED = 1;
/** How often is looked whether what is waited for is so. */
const LOOK_MS = 5;
/** How often a client whose request is not answered asks who leads now. */
const RIVAL_MS = 100;
const PAUSE_MS = 20;
const START_PATIENCE_MS = 15_000;
/** Longer than any request may take. */
const STANDSTILL_MS = 600_000;

export class VirtualWorld implements World {
  readonly driver: VirtualDriver;
  readonly #cluster: SimCluster;
  /** Requests under way: when a node ends, their connections close. */
  readonly #open = new Map<NodeId, Set<() => void>>();
  /** Counts whatever somebody may be waiting for. */
  #news = 0;
  #session = 0;
  #sequence = 0;

  constructor({ nodes, snapshotEntries }: Shape, seed = SEED) {
    this.#cluster = new SimCluster({
      random: seededRandom(seed),
      nodes,
      latencyMs: LATENCY_MS,
      syncMs: SYNC_MS,
      segmentBytes: SEGMENT_BYTES,
      snapshotPolicy: snapshotEntries === null ? {} : eagerPolicy(snapshotEntries),
      valuesRepeat: true,
      note: () => {},
      onEvent: (id, event) => this.driver.tell(id, event, this.now),
      onDown: ({ id }) => {
        for (const closed of this.#open.get(id) ?? []) closed();
      },
    });
    const send = (request: NodeRequest, deadlineMs: number, node: NodeId | null): Promise<NodeAnswer> =>
      this.#send(request, deadlineMs, node);
    this.driver = new VirtualDriver(this.#cluster, new NodeKv(send, () => this.#nextRequest()));
  }

  /** A cluster that serves, with a session for its client. */
  static async open(shape: Shape, seed = SEED): Promise<VirtualWorld> {
    const world = new VirtualWorld(shape, seed);
    world.#cluster.start();
    await world.until(() => Promise.resolve(world.driver.picture().leader !== null), START_PATIENCE_MS);
    const opened = await world.run(world.#send({ type: 'write', command: { type: 'open-session' } }, START_PATIENCE_MS, null));
    if (opened.type === 'write' && opened.reply.type === 'session') world.#session = opened.reply.session;
    return world;
  }

  /** Virtual milliseconds since the beginning. */
  get now(): number {
    return this.#cluster.queue.now;
  }

  wall(): number {
    return this.now;
  }

  ask(node: NodeId, request: NodeRequest, deadlineMs: number): Promise<NodeAnswer> {
    return this.#ask(node, request, deadlineMs, () => false);
  }

  async run<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    work.then(end, end);
    const limit = this.now + STANDSTILL_MS;
    for (;;) {
      await otherWork();
      if (ended) return work;
      const news = this.#news;
      while (this.#news === news && this.#cluster.step(limit));
      if (this.#news === news) throw new Error('a command waits for something that no time brings');
    }
  }

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    this.#cluster.queue.after(ms, () => {});
    while (this.#cluster.step(end));
    await otherWork();
  }

  async until(isSo: () => Promise<boolean>, patienceMs: number): Promise<boolean> {
    const end = this.now + patienceMs;
    for (;;) {
      if (await isSo()) return true;
      if (this.now >= end) return false;
      await this.pass(LOOK_MS);
    }
  }

  look(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #nextRequest(): RequestId {
    this.#sequence += 1;
    return { session: this.#session, sequence: this.#sequence, acknowledged: 0 };
  }

  /** What a client does: asks whoever leads, and somebody else when there is no answer, under the same number. */
  async #send(request: NodeRequest, deadlineMs: number, node: NodeId | null): Promise<NodeAnswer> {
    const end = this.now + deadlineMs;
    let mayHaveHappened = false;
    while (this.now < end) {
      const target = node ?? this.#targetOf(request);
      if (target !== null) {
        try {
          return await this.#ask(target, request, end - this.now, () => node === null && this.#targetOf(request) !== target);
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
          if (error.outcome === 'unknown') mayHaveHappened = true;
        }
      }
      await this.#sleep(Math.min(PAUSE_MS, end - this.now));
    }
    throw new RpcError(mayHaveHappened && request.type === 'write' ? 'UNKNOWN_OUTCOME' : 'NO_QUORUM');
  }

  #targetOf(request: NodeRequest): NodeId | null {
    const { leader, nodes } = this.driver.picture();
    if (request.type === 'write' || !request.stale) return leader;
    return nodes.find(({ state }) => state === 'up')?.id ?? null;
  }

  #ask(id: NodeId, request: NodeRequest, deadlineMs: number, isHopeless: () => boolean): Promise<NodeAnswer> {
    const { queue, network, nodes } = this.#cluster;
    const node = nodes.get(id);
    return new Promise((resolve, reject) => {
      let isOpen = true;
      const end = (settle: () => void): void => {
        if (!isOpen) return;
        isOpen = false;
        cancel();
        this.#open.get(id)?.delete(closed);
        this.#news += 1;
        settle();
      };
      const fail = (kind: ErrorKind): void => end(() => reject(new RpcError(kind)));
      const isThere = node !== undefined && node.state === 'up';
      // A connection to a node that does not answer does not come about: nothing is sent.
      const closed = (): void => fail(isThere ? 'UNKNOWN_OUTCOME' : 'NO_QUORUM');
      const cancel = queue.after(deadlineMs, closed);
      if (!isThere) {
        if (node?.state !== 'paused') queue.after(network.latency(), closed);
        return;
      }
      this.#openAt(id).add(closed);
      this.#askRivals(() => isOpen && isHopeless(), closed);
      const { life } = node;
      const answer = (settle: () => void): void => void queue.after(network.latency(), () => end(settle));
      queue.after(network.latency(), () =>
        node.enter(life, () =>
          serve(node, request, deadlineMs, {
            answer: (found) => answer(() => resolve(found)),
            fail: (kind) => answer(() => reject(new RpcError(kind))),
          }),
        ),
      );
    });
  }

  #askRivals(isHopeless: () => boolean, giveUp: () => void): void {
    this.#cluster.queue.after(RIVAL_MS, () => (isHopeless() ? giveUp() : this.#askRivals(isHopeless, giveUp)));
  }

  #openAt(id: NodeId): Set<() => void> {
    const open = this.#open.get(id) ?? new Set();
    this.#open.set(id, open);
    return open;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#cluster.queue.after(ms, () => {
        this.#news += 1;
        resolve();
      });
    });
  }
}

interface Answering {
  readonly answer: (found: NodeAnswer) => void;
  readonly fail: (kind: ErrorKind) => void;
}

function serve(node: SimNode, request: NodeRequest, deadlineMs: number, { answer, fail }: Answering): void {
  const { replica } = node;
  if (replica === null) {
    fail('SHUTTING_DOWN');
    return;
  }
  const deadline = deadlineOf(node.clock, deadlineMs);
  if (request.type === 'write') {
    replica.propose(encodeCommand(request.command), deadline, (outcome) =>
      outcome.ok ? answer({ type: 'write', reply: outcome.reply }) : fail(outcome.error),
    );
  } else if (request.stale) {
    answer(found(replica, request));
  } else {
    replica.read(deadline, (outcome) => (outcome.ok ? answer(found(replica, request)) : fail(outcome.error)));
  }
}

function found(replica: Replica, request: Exclude<NodeRequest, { readonly type: 'write' }>): NodeAnswer {
  if (request.type === 'range') return { type: 'range', result: replica.machine.range(request.query) };
  return { type: 'get', kv: replica.machine.get(request.key), revision: replica.machine.revision };
}

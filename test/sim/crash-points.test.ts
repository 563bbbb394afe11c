/** Every step of every disk of a small cluster is a moment at which its process can die, or its power go. */
import { describe, expect, it } from 'vitest';
import { type NodeId, nodeId } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { isolate } from '../../src/fault/presets.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import { SimCluster } from '../../src/sim/cluster.ts';
import { deadlineOf, type SimNode } from '../../src/sim/node.ts';

const NODES = 3;
const DOWN_MS = 60;
/** Often, and with hardly anything left of the log, so that whoever was away needs one. */
const SNAPSHOTS = { entries: 5, share: 0, tailEntries: 1, chunkBytes: 2_048 };
/** A dozen of these do not fit into one segment. */
const FILLER = 'x'.repeat(900);

interface Death {
  readonly what: 'its process is killed' | 'its power goes' | 'the power of all goes';
  /** Decides what is left of writes that were under way or not yet synced. */
  readonly seed: number;
}

interface CrashPoint extends Death {
  readonly node: NodeId;
  /** Steps of its disk before the one that it does not come to. */
  readonly steps: number;
}

class Story {
  readonly cluster: SimCluster;
  readonly #acknowledged = new Map<string, string>();
  reached = false;
  /** Entries on the disk of a deposed leader that are replaced. */
  lostTail = 0;

  constructor({ node, steps, what, seed }: CrashPoint) {
    this.cluster = new SimCluster({
      random: seededRandom(seed),
      nodes: NODES,
      latencyMs: [0.2, 1],
      syncMs: [0.2, 1],
      snapshotPolicy: SNAPSHOTS,
      segmentBytes: 8_192,
      note: () => {},
      onDown: (_, byItself) => expect(byItself).toBe(false),
    });
    const victim = this.#node(node);
    victim.disk.armCrash(/./, steps);
    victim.whenCrashPoint(what !== 'its process is killed', () => {
      this.reached = true;
      const downs = what === 'the power of all goes' ? [...this.cluster.nodes.values()] : [victim];
      for (const down of downs) {
        if (down !== victim) down.losePower();
        this.cluster.queue.after(DOWN_MS, () => down.start());
      }
    });
  }

  /** Boot, election, entries over the end of a segment, a tail that another leader replaces, and more entries. */
  run(): void {
    const { cluster } = this;
    cluster.start();
    cluster.until(() => [...cluster.nodes.values()].every(({ replica }) => replica !== null), 500);
    cluster.nodes.get(nodeId('n1'))?.replica?.campaign();
    for (let key = 0; key < 9; key += 1) this.#put(`a${key}`);
    this.#replaceTail();
    for (let key = 0; key < 2; key += 1) this.#put(`c${key}`);
    expect(
      cluster.until(() => cluster.areEqual(), 10_000),
      'all nodes become equal',
    ).toBe(true);
    for (const node of cluster.nodes.values()) {
      cluster.referee.checkLast(node);
      for (const [key, value] of this.#acknowledged) expect(node.replica?.machine.get(key)?.value).toBe(value);
      expect(node.replica?.machine.get('lost')).toBeNull();
    }
  }

  #replaceTail(): void {
    const { cluster } = this;
    const old = this.#leader();
    cluster.setLinks(isolate(old.id, [...cluster.nodes.keys()]));
    for (let count = 0; count < 3; count += 1) this.#propose(old, 'lost', String(count), () => {});
    const isDeposed = (): boolean => {
      const leader = cluster.leader();
      return leader !== null && leader !== old;
    };
    expect(cluster.until(isDeposed, 10_000), 'another leads').toBe(true);
    this.#put('b0');
    const { commitIndex = 0, durableIndex = 0 } = old.replica?.coreStatus() ?? {};
    this.lostTail = durableIndex - commitIndex;
    cluster.setLinks([]);
    expect(
      cluster.until(() => cluster.areEqual(), 10_000),
      'the tail is replaced',
    ).toBe(true);
  }

  /** Until somebody acknowledges it. Each try has a value of its own, since an earlier one may have succeeded. */
  #put(key: string): void {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      let outcome: boolean | null = null;
      const value = `${key}.${attempt} ${FILLER}`;
      this.#propose(this.#leader(), key, value, (ok) => {
        outcome = ok;
      });
      this.cluster.until(() => outcome !== null, 1_000);
      if (outcome === true) {
        this.#acknowledged.set(key, value);
        return;
      }
    }
    throw new Error(`nobody acknowledges ${key}`);
  }

  #propose({ clock, replica }: SimNode, key: string, value: string, done: (ok: boolean) => void): void {
    const data = encodeCommand({ type: 'put', key, value, request: null });
    if (replica === null) done(false);
    else replica.propose(data, deadlineOf(clock, 1_000), ({ ok }) => done(ok));
  }

  #leader(): SimNode {
    this.cluster.until(() => this.cluster.leader() !== null, 10_000);
    const leader = this.cluster.leader();
    if (leader === null) throw new Error('nobody leads');
    return leader;
  }

  #node(id: NodeId): SimNode {
    const node = this.cluster.nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }
}

const DEATHS: readonly Death[] = [
  { what: 'its process is killed', seed: 1 },
  { what: 'its power goes', seed: 2 },
  { what: 'its power goes', seed: 3 },
  { what: 'the power of all goes', seed: 4 },
  { what: 'the power of all goes', seed: 5 },
];

describe('a cluster of three', () => {
  const cases = ['n1', 'n2', 'n3'].flatMap((victim) => DEATHS.map((death) => ({ victim, ...death })));
  it.each(cases)(
    'loses nothing, whatever step the disk of $victim comes to when $what (seed $seed)',
    ({ victim, ...death }) => {
      let story: Story;
      let steps = 0;
      do {
        story = new Story({ node: nodeId(victim), steps, ...death });
        try {
          story.run();
        } catch (error) {
          throw new Error(`before step ${steps}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
        }
        steps += 1;
      } while (story.reached);
      // A story that has lost one of its parts would prove less.
      expect(steps).toBeGreaterThan(90);
      expect(story.lostTail).toBe(3);
    },
    60_000,
  );
});

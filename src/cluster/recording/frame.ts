/** One line of a recording: what changed in the picture since the line before, and what happened meanwhile. Pure. */
import type { NodeId } from '../../base/brand.ts';
import type { MemberStatus } from '../../replica/status.ts';
import type { ActiveFault, ClusterEvent, ClusterPicture, NodeState, NodeView } from '../driver.ts';
import type { RecordedChecks } from './recorded-checks.ts';

/** Only what differs is there; a key frame holds everything, so that reading may begin with it. */
export interface Frame {
  /** Wall-clock milliseconds since 1970. */
  readonly time: number;
  readonly key?: true | undefined;
  readonly cluster?:
    | {
        readonly name: string;
        readonly dir: string | null;
        readonly leader: NodeId | null;
        readonly term: ClusterPicture['term'];
        readonly order: readonly NodeId[];
      }
    | undefined;
  readonly nodes?: readonly NodeChange[] | undefined;
  readonly faults?: readonly ActiveFault[] | undefined;
  readonly events?: readonly ClusterEvent[] | undefined;
  readonly checks?: RecordedChecks | undefined;
}

export interface NodeChange {
  readonly id: NodeId;
  readonly url?: string | undefined;
  readonly pid?: number | null | undefined;
  readonly state?: NodeState | undefined;
  /** Wall-clock time of the newest data; the clock of a process means nothing in another. */
  readonly seen?: number | null | undefined;
  /** Fields of the status that changed; null for a node of which nothing is known. */
  readonly status?: object | null | undefined;
}

/** Remembers what was written last, so that only changes are. */
export class FrameWriter {
  #last: ClusterPicture | null = null;
  /** By node and name: what a field was, lists and objects as their text. */
  readonly #fields = new Map<NodeId, Map<string, unknown>>();

  /** Null when nothing changed and nothing happened. `now` is the monotonic time of `wall`. */
  write(picture: ClusterPicture, events: readonly ClusterEvent[], now: number, wall: number, key: boolean): Frame | null {
    const last = key ? null : this.#last;
    if (key) this.#fields.clear();
    this.#last = picture;
    const nodes = picture.nodes.flatMap((node) => this.#change(node, last, wall - now));
    const cluster = last !== null && isSameCluster(last, picture) ? undefined : clusterOf(picture);
    const faults = last?.faults === picture.faults ? undefined : picture.faults;
    if (cluster === undefined && nodes.length === 0 && faults === undefined && events.length === 0) return null;
    return {
      time: wall,
      ...(key ? { key: true } : {}),
      ...(cluster === undefined ? {} : { cluster }),
      ...(nodes.length === 0 ? {} : { nodes }),
      ...(faults === undefined ? {} : { faults }),
      ...(events.length === 0 ? {} : { events }),
    };
  }

  #change(node: NodeView, last: ClusterPicture | null, toWall: number): readonly NodeChange[] {
    const old = last?.nodes.find(({ id }) => id === node.id) ?? null;
    if (old === node) return [];
    // Whoever reads has nothing left to add to, once the node or its status was gone.
    if (old?.status == null) this.#fields.delete(node.id);
    const seen = node.seenAt === null ? null : Math.round(node.seenAt + toWall);
    const status = node.status === old?.status ? undefined : this.#statusChange(node.id, node.status);
    return [
      {
        id: node.id,
        ...(old?.url === node.url ? {} : { url: node.url }),
        ...(old?.pid === node.pid ? {} : { pid: node.pid }),
        ...(old?.state === node.state ? {} : { state: node.state }),
        ...(old !== null && old.seenAt === node.seenAt ? {} : { seen }),
        ...(status === undefined ? {} : { status }),
      },
    ];
  }

  #statusChange(id: NodeId, status: MemberStatus | null): object | null {
    if (status === null) return null;
    const known = this.#fields.get(id) ?? new Map<string, unknown>();
    this.#fields.set(id, known);
    const changed: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(status)) {
      const kept = typeof value === 'object' ? JSON.stringify(value) : value;
      if (known.get(name) === kept && known.has(name)) continue;
      known.set(name, kept);
      changed[name] = value;
    }
    return changed;
  }
}

function clusterOf({ name, dir, leader, term, nodes }: ClusterPicture): NonNullable<Frame['cluster']> {
  return { name, dir, leader, term, order: nodes.map(({ id }) => id) };
}

function isSameCluster(a: ClusterPicture, b: ClusterPicture): boolean {
  const sameNodes = a.nodes.length === b.nodes.length && a.nodes.every(({ id }, i) => id === b.nodes[i]?.id);
  return sameNodes && a.name === b.name && a.dir === b.dir && a.leader === b.leader && a.term === b.term;
}

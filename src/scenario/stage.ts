/** A story under way: its world, the names it has given, and which part of the logs is its own. */
import { after, type LogIndex, logIndex, type NodeId } from '../base/brand.ts';
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';
import { parseNode, parseNodeSet } from '../commands/node-set.ts';
import type { LogRow } from '../replica/status.ts';
import type { Names } from './names.ts';
import { Terms } from './terms.ts';
import type { World } from './world.ts';

const PAGE = 256;

export class Stage {
  readonly world: World;
  readonly names: Names;
  readonly terms = new Terms();
  /** What came before the story is not shown. */
  readonly #before: LogIndex;

  constructor(world: World, names: Names) {
    this.world = world;
    this.names = names;
    const { nodes, term } = world.driver.picture();
    this.#before = logIndex(Math.max(0, ...nodes.map(({ status }) => status?.lastIndex ?? 0)));
    this.terms.meet([term]);
  }

  get picture(): ClusterPicture {
    return this.world.driver.picture();
  }

  /** A node set as commands take it, with the story's own names in it. Throws UsageError. */
  nodes(text: string): readonly NodeId[] {
    return parseNodeSet(this.#setOf(text), this.#scope());
  }

  node(text: string): NodeId {
    return parseNode(this.#setOf(text), this.#scope());
  }

  views(text: string): readonly NodeView[] {
    const nodes = this.nodes(text);
    return this.picture.nodes.filter(({ id }) => nodes.includes(id));
  }

  /** The entries that the story has added, without those that only open a client's session. Null when the node cannot be asked. */
  async entries(node: NodeId): Promise<readonly LogRow[] | null> {
    const rows: LogRow[] = [];
    try {
      for (let from = after(this.#before); ; ) {
        const page = await this.world.driver.logRows(node, from, PAGE);
        rows.push(...page);
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) break;
        from = after(last.index);
      }
    } catch {
      return null;
    }
    return rows.filter(({ kind, text }) => kind !== 'command' || text !== 'open session');
  }

  #setOf(text: string): string {
    return this.names.fill(text).replace(/\s+and\s+|\s*,\s*/g, ',');
  }

  #scope(): Parameters<typeof parseNodeSet>[1] {
    return { picture: this.picture, marked: [], cursor: null, random: () => 0 };
  }
}

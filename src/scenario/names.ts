/** Which nodes a story can tell apart: those it names. The others are one crowd, since which is which differs from run to run. */
import type { NodeId } from '../base/brand.ts';
import { UsageError } from '../commands/command.ts';
import { didYouMean } from '../commands/suggest.ts';

interface Group {
  readonly label: string;
  readonly nodes: readonly NodeId[];
}

export class Names {
  readonly #all: readonly NodeId[];
  /** Those that the story calls by their own names. */
  readonly #literal: ReadonlySet<NodeId>;
  readonly #given = new Map<string, readonly NodeId[]>();

  constructor(all: readonly NodeId[], literal: ReadonlySet<string>) {
    this.#all = all;
    this.#literal = new Set(all.filter((id) => literal.has(id)));
  }

  give(name: string, nodes: readonly NodeId[]): void {
    this.#given.delete(name);
    this.#given.set(name, nodes);
  }

  /** Puts nodes in the place of `$name`, and of `!$name` all the others. Throws UsageError. */
  fill(text: string): string {
    return text.replace(/(!?)\$([a-z][a-z0-9-]*)/g, (_, not: string, name: string) => {
      const nodes = this.#given.get(name);
      if (nodes === undefined) {
        const next = didYouMean(name, [...this.#given.keys()]) ?? `write let ${name} = leader before`;
        throw new UsageError(`nothing is called $${name}`, { next });
      }
      return (not === '' ? nodes : this.#all.filter((id) => !nodes.includes(id))).join(',');
    });
  }

  /** For a sentence: `n1`, `old`, or `one of the others`. */
  nameOf(id: NodeId): string {
    const group = this.#groupOf(id);
    if (group === null) return 'one of the others';
    return group.nodes.length === 1 ? group.label : `one of ${group.label}`;
  }

  /** One line for each node that can be told apart, and for each sort of the others. Nodes without content are left out. */
  lines(contents: ReadonlyMap<NodeId, string>): readonly string[] {
    return this.#groups().flatMap(({ label, nodes }) => {
      const shown = nodes.filter((id) => contents.has(id));
      const sorts = new Map<string, number>();
      for (const id of shown) {
        const content = contents.get(id) ?? '';
        sorts.set(content, (sorts.get(content) ?? 0) + 1);
      }
      if (sorts.size <= 1) return [...sorts.keys()].map((content) => `${label}: ${content}`.trimEnd());
      return [...sorts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([content, count]) => `${count} of ${label}: ${content}`.trimEnd());
    });
  }

  #groups(): readonly Group[] {
    const named = [...this.#literal].map((id) => ({ label: id, nodes: [id] }));
    const given = [...this.#given.keys()].map((label) => ({
      label,
      nodes: this.#all.filter((id) => this.#labelOf(id) === label),
    }));
    const rest = this.#all.filter((id) => this.#labelOf(id) === null);
    const label = rest.length === this.#all.length ? 'all' : rest.length === 1 ? 'the other' : 'the others';
    return [...named, ...given, { label, nodes: rest }].filter(({ nodes }) => nodes.length > 0);
  }

  #groupOf(id: NodeId): Group | null {
    const label = this.#labelOf(id);
    return label === null ? null : (this.#groups().find((group) => group.label === label) ?? null);
  }

  /** Its own name, else the newest that was given to it alone, else the newest of several. */
  #labelOf(id: NodeId): string | null {
    if (this.#literal.has(id)) return id;
    const given = [...this.#given].filter(([, nodes]) => nodes.includes(id)).reverse();
    return (given.find(([, nodes]) => nodes.length === 1) ?? given[0])?.[0] ?? null;
  }
}

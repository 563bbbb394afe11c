/** What this run has shown: the events of the nodes, each deed with its answer and its time, and who is meant by a name. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import type { RaftEvent } from '../raft/messages.ts';

/** Times are those of the events, in milliseconds. */
export interface Done {
  /** As the lesson writes it. */
  readonly deed: string;
  readonly lines: readonly string[];
  readonly from: number;
  readonly to: number;
}

export interface Leading {
  readonly node: NodeId;
  readonly term: number;
  readonly at: number;
}

/** One who stood for election, and who voted for him, himself included. */
export interface Candidacy {
  readonly node: NodeId;
  readonly term: number;
  readonly at: number;
  readonly voters: readonly NodeId[];
  readonly refusers: readonly NodeId[];
}

type Told<Type extends RaftEvent['type']> = RaftEvent & { readonly type: Type };

export class Facts {
  readonly #picture: () => ClusterPicture;
  readonly #fill: (text: string) => string;
  readonly #events: ClusterEvent[] = [];
  readonly #done: Done[] = [];
  readonly #notes = new Map<string, number>();
  readonly #words = new Map<string, readonly string[]>();

  /** `fill` puts nodes in the place of `$name`. */
  constructor(picture: () => ClusterPicture, fill: (text: string) => string) {
    this.#picture = picture;
    this.#fill = fill;
  }

  addEvent(event: ClusterEvent): void {
    this.#events.push(event);
  }

  addDone(done: Done): void {
    this.#done.push(done);
  }

  get picture(): ClusterPicture {
    return this.#picture();
  }

  /** The node that the lesson has called so: `first`. */
  node(name: string): string {
    return this.#fill(`$${name}`);
  }

  /** The newest deed that begins so; null when it was not done, as after a start in the middle. */
  deed(words: string): Done | null {
    return this.#done.findLast(({ deed }) => deed.startsWith(words)) ?? null;
  }

  /** What it printed, in one line: `OK`, `refused: it did not happen`, `lost: unknown: it may have happened`. */
  answer(words: string): string | null {
    const done = this.deed(words);
    return done === null ? null : done.lines.join(' ').replace(/^[a-z][a-z0-9-]*: (?=unknown|refused|no answer|OK|")/, '');
  }

  /** How long it took, in milliseconds. */
  tookMs(words: string): number | null {
    const done = this.deed(words);
    return done === null ? null : done.to - done.from;
  }

  /** Numbers that a lesson has counted. */
  note(name: string, value: number): void {
    this.#notes.set(name, value);
  }

  noted(name: string): number | null {
    return this.#notes.get(name) ?? null;
  }

  /** Words that a lesson has found, keys for example. */
  keep(name: string, words: readonly string[]): void {
    this.#words.set(name, words);
  }

  kept(name: string): readonly string[] {
    return this.#words.get(name) ?? [];
  }

  /** Who came to lead after a deed was begun, the first of them. */
  leaderAfter(words: string): Leading | null {
    const from = this.deed(words)?.from;
    if (from === undefined) return null;
    for (const { event, node, at } of this.#told('role')) {
      if (at >= from && event.role === 'leader') return { node, term: event.term, at };
    }
    return null;
  }

  /**
   * From the end of a deed until somebody led; null while nobody does. `begun`: from its beginning, for what takes effect
   * before the last of five processes has answered, as a cut does: it could else be less than the shortest timeout.
   */
  untilLeader(words: string, since: 'done' | 'begun' = 'done'): number | null {
    const led = this.leaderAfter(words);
    const done = this.deed(words);
    return led === null || done === null ? null : Math.max(0, Math.round(led.at - (since === 'done' ? done.to : done.from)));
  }

  /** All who stood for election after a deed was begun, in the order of time; pre-votes bind nobody and are left out. */
  candidacies(words: string): readonly Candidacy[] {
    const from = this.deed(words)?.from;
    if (from === undefined) return [];
    const stood = this.#told('election').filter(({ event, at }) => at >= from && !event.preVote);
    return stood.map(({ event: { term }, node, at }) => {
      const replies = this.#told('vote-received').filter(
        ({ event, node: to }) => to === node && event.term === term && !event.preVote,
      );
      const of = (granted: boolean): readonly NodeId[] => [
        ...new Set(replies.filter(({ event }) => event.granted === granted).map(({ event }) => event.from)),
      ];
      return { node, term, at, voters: [node, ...of(true)], refusers: of(false) };
    });
  }

  /** Nodes that have cut entries off their logs since a deed was begun. */
  truncated(words: string): readonly NodeId[] {
    const from = this.deed(words)?.from ?? Number.POSITIVE_INFINITY;
    return [
      ...new Set(
        this.#told('truncated')
          .filter(({ at }) => at >= from)
          .map(({ node }) => node),
      ),
    ];
  }

  #told<Type extends RaftEvent['type']>(type: Type): readonly { event: Told<Type>; node: NodeId; at: number }[] {
    return this.#events.flatMap(({ raft, node, time }) =>
      raft !== undefined && node !== null && isOf(raft, type) ? [{ event: raft, node, at: time }] : [],
    );
  }
}

function isOf<Type extends RaftEvent['type']>(event: RaftEvent, type: Type): event is Told<Type> {
  return event.type === type;
}

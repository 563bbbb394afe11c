/** Decides what becomes of each message between two nodes while faults are injected. */
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { Clock } from '../replica/ports.ts';
import type { FaultPlan, LinkFault } from './plan.ts';

/** One delay in milliseconds for each copy that arrives; 0 is at once. */
export type Fate = 'drop' | { readonly delaysMs: readonly number[] };

/** What a plan says of links. */
type LinkPlan = Pick<FaultPlan, 'links'>;

export const UNTOUCHED: Fate = { delaysMs: [0] };

export class LinkFilter {
  readonly #self: NodeId;
  readonly #clock: Clock;
  readonly #random: Random;
  #plan: LinkPlan = { links: [] };
  /** The rules of the plan that this node's own messages can meet. */
  #rules: readonly LinkFault[] = [];

  constructor(self: NodeId, clock: Clock, random: Random) {
    this.#self = self;
    this.#clock = clock;
    this.#random = random;
  }

  /** Replaces the plan as a whole. Messages already held back are not called back. */
  setPlan(plan: LinkPlan): void {
    this.#plan = plan;
    this.#rules = plan.links.filter(({ from }) => from === '*' || from === this.#self);
  }

  /** The plan as it was set, expired rules included. */
  plan(): LinkPlan {
    return this.#plan;
  }

  /** Rules that have not expired, for people. */
  active(): readonly LinkFault[] {
    return this.#plan.links.filter((rule) => this.#isActive(rule));
  }

  /** The fate of the next message on a link. Rules apply at the sender alone: other nodes' messages are untouched. */
  fate(from: NodeId, to: NodeId): Fate {
    if (from !== this.#self || this.#rules.length === 0) return UNTOUCHED;
    const rules = this.#rules.filter((rule) => (rule.to === '*' || rule.to === to) && this.#isActive(rule));
    if (rules.length === 0) return UNTOUCHED;
    if (rules.some(({ drop }) => this.#happens(drop))) return 'drop';
    const copies = 1 + rules.filter(({ duplicate }) => this.#happens(duplicate)).length;
    return { delaysMs: Array.from({ length: copies }, () => this.#delay(rules)) };
  }

  #isActive({ until }: LinkFault): boolean {
    return until === null || this.#clock.wallTime() < until;
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random.next() < probability;
  }

  #delay(rules: readonly LinkFault[]): number {
    return rules.reduce((sum, { delayMs: [least, most] }) => {
      return sum + (most > least ? least + this.#random.next() * (most - least) : least);
    }, 0);
  }
}

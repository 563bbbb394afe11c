/** A lesson as data: what is told, what is asked before it happens, what is done to the cluster, and what to compare then. */
import type { Facts } from './facts.ts';
import type { Figure } from './figure.ts';
import type { Play } from './play.ts';
import type { Text } from './text.ts';

export const LESSON_NAMES = [
  'first-election',
  'split-vote',
  'minority-write',
  'stale-read',
  'figure-8',
  'cap',
  'skip-list',
] as const;
export type LessonName = (typeof LESSON_NAMES)[number];

/** What of the console a step is about. */
export type Scene = 'overview' | 'log' | 'links' | 'keys' | 'events' | 'faults';

export interface Lesson {
  readonly name: LessonName;
  readonly title: Text;
  /** What one will know, in a line. */
  readonly summary: Text;
  readonly nodes: number;
  /** It can be given on a cluster of any size. */
  readonly anySize?: true;
  /** Minutes, for somebody who reads. */
  readonly minutes: number;
  readonly parts: readonly Part[];
}

/** What can be done again from its beginning, on a cluster that is whole and agrees. */
export interface Part {
  readonly title: Text;
  /** Who leads when it begins; null leaves that open. */
  readonly leader: string | null;
  readonly steps: readonly Step[];
}

export type Step = Explain | Ask | Guess | Do | Observe | Compare | Watch;
interface Of<Type extends string> {
  readonly type: Type;
  readonly text: Text;
  readonly scene?: Scene;
}

export type Explain = Of<'explain'>;

/** A prediction. `because`, for a choice that did not come true, says kindly what was overlooked; null for one that always does. */
export interface Choice {
  readonly id: string;
  readonly text: Text;
  readonly because: Text | null;
}

export interface Ask extends Of<'ask'> {
  readonly id: string;
  readonly choices: readonly Choice[] | ((facts: Facts) => readonly Choice[]);
}

/** A number is predicted. */
export interface Guess extends Of<'guess'> {
  readonly id: string;
  readonly unit: Text;
  readonly most: number;
}

/** Sentences of the language of scenarios, carried out without a pause between them. */
export interface Do extends Of<'do'> {
  readonly deeds: readonly string[];
}

/** Waits for conditions of the language of scenarios, `until all agree`, or for what the events of this run show. */
export interface Observe extends Of<'observe'> {
  readonly until: readonly string[] | ((facts: Facts) => boolean);
  /** Carried out as soon as it is so: `let first = leader`. */
  readonly deeds?: readonly string[];
}

/** What came of a prediction in this run, told from what was recorded. */
export interface Compare extends Of<'compare'> {
  readonly of: string;
  /** Null: what happened is not known yet. */
  readonly outcome: (facts: Facts) => Outcome | null;
}

export interface Outcome {
  /** The choice that came true; null: none of them, this run went another way. */
  readonly choice: string | null;
  /** For a guess: what it was. */
  readonly value?: number;
  /** What happened, and why. */
  readonly text: Text;
}

/** A drawing that changes, or numbers that are measured while one looks. The last figure stays. */
export interface Watch extends Of<'watch'> {
  readonly play: (play: Play) => AsyncGenerator<Figure, void>;
}

export function choicesOf(step: Ask, facts: Facts): readonly Choice[] {
  return typeof step.choices === 'function' ? step.choices(facts) : step.choices;
}

import type { Operation } from './history.ts';

/** Which rule is broken. The first is what linearizability means; each of the others is a sufficient sign of its breach. */
export type Rule =
  | 'no-order'
  | 'never-written'
  | 'failed-write-seen'
  | 'seen-before-write'
  | 'overwritten'
  | 'impossible-answer'
  | 'revision-order'
  | 'revision-twice'
  | 'revision-replay';

export interface Violation {
  readonly rule: Rule;
  readonly keys: readonly string[];
  /** One sentence for people. Holds keys and values as they came: escape before drawing. */
  readonly text: string;
  /** Those that contradict each other, the culprit first. */
  readonly operations: readonly Operation[];
}

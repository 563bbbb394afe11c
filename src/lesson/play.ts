/** What a drawing may use while it changes. */
import type { World } from '../scenario/world.ts';
import type { Facts } from './facts.ts';

export interface Play {
  readonly world: World;
  readonly facts: Facts;
  readonly signal: AbortSignal;
  /** A pause for the eye; none when the learner has asked to see the end at once. */
  readonly breathe: (ms: number) => Promise<void>;
}

/** The hashes of the state along the way: two members that applied the same index must be in the same state. */
import type { LogIndex } from '../base/brand.ts';

export interface Checkpoint {
  /** Everything up to here is applied. */
  readonly index: LogIndex;
  /** Of keys, sessions and revision; in [0, 2^53). */
  readonly hash: number;
}

/** Members apply at their own pace, so hashes are kept where all of them can be compared. */
export const CHECKPOINT_EVERY = 256;
const KEPT = 8;

export class Checkpoints {
  #kept: readonly Checkpoint[] = [];

  /** The entry at `index` was applied. */
  applied(index: LogIndex, hash: () => number): void {
    if (index % CHECKPOINT_EVERY === 0) this.#kept = [...this.#kept.slice(1 - KEPT), { index, hash: hash() }];
  }

  /** Ascending: the kept ones, then the present state. */
  upTo(index: LogIndex, hash: number): readonly Checkpoint[] {
    return this.#kept.at(-1)?.index === index ? this.#kept : [...this.#kept, { index, hash }];
  }
}

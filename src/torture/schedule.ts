/** Which faults come when: the same for the same seed and the same kinds. Whom they hit depends on who leads then. */
import { type Random, seededRandom } from '../base/random.ts';
import { ALONE, type TortureKind } from './kinds.ts';

export interface PlannedFault {
  readonly kind: TortureKind;
  /** For everything else about it: which nodes, how slow, how much is lost. */
  readonly seed: number;
}

/** A time with some faults; then all is healed and must recover. */
export interface PlannedEpoch {
  /** From 1. */
  readonly number: number;
  readonly faults: readonly PlannedFault[];
  readonly holdMs: number;
}

const HOLD_MS = [800, 2_400] as const;
/** How often two kinds come together. */
const TOGETHER = 0.4;

/** Without end. Every kind comes once before any comes again. */
export function* drawEpochs(seed: number, kinds: readonly TortureKind[]): Generator<PlannedEpoch, never> {
  const random = seededRandom(seed).fork('torture');
  let deck: TortureKind[] = [];
  for (let number = 1; ; number += 1) {
    if (deck.length === 0) deck = shuffled(kinds, random);
    const first = deck.shift();
    const taken = first === undefined ? [] : [first];
    const [next] = deck;
    const mayPair = first !== undefined && !ALONE.includes(first) && next !== undefined && !ALONE.includes(next);
    if (random.next() < TOGETHER && mayPair) taken.push(...deck.splice(0, 1));
    const faults = taken.map((kind) => ({ kind, seed: random.integer(0, 2 ** 32) }));
    yield { number, faults, holdMs: random.integer(HOLD_MS[0], HOLD_MS[1]) };
  }
}

export function shuffled<T>(all: readonly T[], random: Random): T[] {
  const left = [...all];
  for (let last = left.length - 1; last > 0; last -= 1) {
    const other = random.integer(0, last + 1);
    const [a, b] = [left[last], left[other]];
    if (a !== undefined && b !== undefined) [left[last], left[other]] = [b, a];
  }
  return left;
}

/** A prediction against what came of it. */
import type { Outcome } from './lesson.ts';
import type { Verdict } from './progress.ts';

/** A number is close within a half more or a third less, whatever its size. */
const CLOSE = 1.5;

/** `none`: nothing was predicted. `other`: what happened is none of the choices. */
export function verdictOf({ choice, value }: Outcome, predicted: string | null): Verdict | 'none' {
  if (predicted === null) return 'none';
  if (value !== undefined) {
    const guessed = Number(predicted);
    if (guessed === value) return 'right';
    return guessed <= value * CLOSE && guessed >= value / CLOSE ? 'close' : 'wrong';
  }
  if (choice === null) return 'other';
  return predicted === choice ? 'right' : 'wrong';
}

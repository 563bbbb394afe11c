/** What leases owe to clocks: they hold exactly as far as their length allows for clocks that run apart. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { drawOptions, type Leases, ODDEST_RATES } from '../../src/sim/options.ts';
import { simulate } from '../../src/sim/run.ts';

/** A leader is cut off again and again, and its clock runs slowly: it believes in its lease for longer than it should. */
const SCHEDULE: readonly Fault[] = Array.from({ length: 6 }, (_, i) => ({
  kind: 'isolate',
  node: 'leader',
  clockRate: ODDEST_RATES.slowest,
  forMs: 1_200,
  atMs: 500 + i * 1_900,
}));

/** The first broken promise among a few seeds whose clients read by lease alone. */
function firstBroken(leaseMs: number): string | null {
  const leases: Leases = { leaseMs, clocksRunAlike: false, share: 1 };
  for (let seed = 1; seed <= 5; seed += 1) {
    const options = { ...drawOptions(seed, { nodes: 3 }), leases, readsAnywhere: 0, storm: null, ailment: null };
    const { failure } = simulate({ options, schedule: SCHEDULE });
    if (failure !== null) return failure.invariant;
  }
  return null;
}

describe('a leader whose clock runs slowly', { timeout: 60_000 }, () => {
  it('reads what is old when its lease is as long as votes are bound', () => {
    expect(firstBroken(LIMITS.electionMs)).toBe('a read sees all that ended before it began');
  });

  it('does not when its lease is as much shorter as its clock is slower', () => {
    expect(firstBroken(LIMITS.electionMs * ODDEST_RATES.slowest)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { ELECTION_MS } from '../support/core-cluster.ts';
import { CALM_LIMIT_MS, CoreStorm, type StormReport } from '../support/core-storm.ts';

/** Each seed is a whole history of losses, crashes and pauses; CoreCluster checks Raft's invariants after every step. */
function storms(size: number, seeds: number, steps: number, leases: { readonly leaseMs?: number } = {}): StormReport {
  const total = { committed: 0, terms: 0, reads: 0, crashes: 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      const storm = new CoreStorm(size, seed, leases);
      const report = storm.run(steps);
      storm.calm(CALM_LIMIT_MS);
      total.committed += report.committed;
      total.terms += report.terms;
      total.reads += report.reads;
      total.crashes += report.crashes;
    } catch (error) {
      throw new Error(`${size} nodes, seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  return total;
}

describe('Raft keeps its promises in any weather, and works on when it clears', () => {
  it.each([
    { size: 1, seeds: 20, steps: 1_000 },
    { size: 2, seeds: 20, steps: 1_500 },
    { size: 3, seeds: 200, steps: 5_000 },
    { size: 4, seeds: 40, steps: 5_000 },
    { size: 5, seeds: 200, steps: 5_000 },
  ])(
    '$size nodes, $seeds storms',
    ({ size, seeds, steps }) => {
      const total = storms(size, seeds, steps);
      // An idle storm would prove nothing.
      expect(total.committed).toBeGreaterThan(seeds * 5);
      expect(total.reads).toBeGreaterThan(seeds);
      expect(total.terms).toBeGreaterThan(0);
      expect(total.crashes).toBeGreaterThan(0);
    },
    30_000,
  );

  // All clocks run alike here, so a lease may be as long as votes are bound.
  it.each([3, 5])(
    '%i nodes with leases, 150 storms',
    (size) => {
      // Leaders are cut off so often here that it takes longer to get as much done.
      const total = storms(size, 150, 9_000, { leaseMs: ELECTION_MS });
      expect(total.committed).toBeGreaterThan(750);
      expect(total.reads).toBeGreaterThan(4_000);
      expect(total.crashes).toBeGreaterThan(0);
    },
    30_000,
  );
});

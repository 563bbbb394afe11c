import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogIndex, logIndex, type NodeId, nodeId } from '../../src/base/brand.ts';
import type { Configuration } from '../../src/raft/messages.ts';
import { committedIndex, membersOf, voteResult } from '../../src/raft/quorum.ts';

const names = (text: string): NodeId[] => text.split(' ').filter(Boolean).map(nodeId);
const configuration = (voters: string, outgoing = '', learners = ''): Configuration => ({
  voters: names(voters),
  outgoing: names(outgoing),
  learners: names(learners),
});

/** By definition: every subset of the members, and whether it has a majority of each half. */
function quorums({ voters, outgoing }: Configuration): Set<NodeId>[] {
  const all = [...new Set([...voters, ...outgoing])];
  const subsets = Array.from({ length: 2 ** all.length }, (_, bits) => new Set(all.filter((_id, place) => bits & (1 << place))));
  const hasMajority = (half: readonly NodeId[], of: Set<NodeId>) => half.filter((id) => of.has(id)).length * 2 > half.length;
  return subsets.filter((of) => hasMajority(voters, of) && (outgoing.length === 0 || hasMajority(outgoing, of)));
}

const pool = names('a b c d e f');
const half = fc.subarray(pool, { minLength: 1 });
const configurations: fc.Arbitrary<Configuration> = fc.record({
  voters: half,
  outgoing: fc.oneof(fc.constant([]), half),
  learners: fc.constant(names('l')),
});
const subset = fc.subarray(pool).map((ids) => new Set(ids));

describe('quorum', () => {
  it('commits what some quorum has reached, and nothing more', () => {
    fc.assert(
      fc.property(configurations, fc.array(fc.nat(5), { minLength: 6, maxLength: 6 }), (config, reached) => {
        const match = new Map(pool.map((id, place) => [id, logIndex(reached[place] ?? 0)]));
        const of = (id: NodeId): LogIndex => match.get(id) ?? logIndex(99);
        const best = Math.max(...quorums(config).map((members) => Math.min(...[...members].map(of))));
        expect(committedIndex(config, of)).toBe(best);
      }),
    );
  });

  it('wins with a quorum of grants, loses when none is left, waits otherwise', () => {
    fc.assert(
      fc.property(configurations, subset, subset, (config, granted, others) => {
        const refused = new Set([...others].filter((id) => !granted.has(id)));
        const all = quorums(config);
        const won = all.some((members) => [...members].every((id) => granted.has(id)));
        const open = all.some((members) => [...members].every((id) => !refused.has(id)));
        expect(voteResult(config, granted, refused)).toBe(won ? 'won' : open ? 'pending' : 'lost');
      }),
    );
  });

  it.each([
    ['one voter', configuration('a'), { a: 3 }, 3],
    ['two voters need both', configuration('a b'), { a: 5, b: 2 }, 2],
    ['three voters', configuration('a b c'), { a: 5, b: 2, c: 4 }, 4],
    ['four voters need three', configuration('a b c d'), { a: 9, b: 8, c: 1, d: 2 }, 2],
    ['learners do not count', configuration('a b c', '', 'd e'), { a: 5, d: 5, e: 5 }, 0],
    ['joint: the slower majority', configuration('a b c', 'd e f'), { a: 7, b: 7, d: 3, e: 4 }, 3],
    ['joint: overlapping halves', configuration('a b c', 'c d e'), { a: 7, c: 6, d: 2 }, 2],
    ['joint: one half silent', configuration('a b c', 'd'), { a: 7, b: 7, c: 7 }, 0],
    ['nobody decides nothing', configuration(''), {}, 0],
  ] as const)('commit index: %s', (_name, config, match: Readonly<Record<string, number>>, expected) => {
    expect(committedIndex(config, (id) => logIndex(match[id] ?? 0))).toBe(expected);
  });

  it.each([
    ['nobody asked yet', configuration('a b c'), '', '', 'pending'],
    ['majority', configuration('a b c'), 'a b', '', 'won'],
    ['half is no majority', configuration('a b c d'), 'a b', '', 'pending'],
    ['half refused is lost', configuration('a b c d'), 'a b', 'c d', 'lost'],
    ['joint needs both', configuration('a b c', 'd e f'), 'a b c d', '', 'pending'],
    ['joint lost by one half', configuration('a b c', 'd e f'), 'a b c', 'd e', 'lost'],
    ['joint won', configuration('a b c', 'c d e'), 'a c d', 'b e', 'won'],
    ['nobody can win nothing', configuration(''), 'a', '', 'lost'],
  ] as const)('votes: %s', (_name, config, granted, refused, expected) => {
    expect(voteResult(config, new Set(names(granted)), new Set(names(refused)))).toBe(expected);
  });

  it('counts nobody twice among the members', () => {
    expect(membersOf(configuration('a b', 'b c', 'd'))).toEqual(names('a b c d'));
  });
});

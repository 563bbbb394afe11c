import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METHODS } from '../../src/wire/methods.ts';
import { quickParams, quickResult } from '../../src/wire/quick-checks.ts';

const STATUS = {
  ...{ id: 'n1', cluster: 'demo', role: 'leader', term: 3, votedFor: 'n1', leader: null, lastIndex: 9, lastTerm: 3 },
  ...{ commitIndex: 9, durableIndex: 8, repairing: false, appliedIndex: 7, snapshotIndex: 0, compactedIndex: 0 },
  configuration: { voters: ['n1', 'n2'], outgoing: [], learners: ['n3'] },
  election: { elapsedMs: 20.5, timeoutMs: 700 },
  votes: { granted: ['n1'], refused: ['n2'] },
  peers: [{ id: 'n2', state: 'replicate', matchIndex: 9, nextIndex: 10, inflight: 0, heardAgoMs: 4.5 }],
  ...{ transferTo: null, revision: 4, keys: 2, sessions: 1 },
  tail: { first: 8, terms: [2, 3] },
  checkpoints: [{ index: 7, hash: 4_000_000_000 }],
  links: [{ peer: 'n2', connected: true, rttMs: null, queuedBytes: 0 }],
  queues: { proposals: 1, reads: 0, unsynced: 2 },
  loopDelay: { p99Ms: 1.5, maxMs: 20 },
  sync: { p50Ms: 1, p99Ms: 2, maxMs: 3, count: 4 },
  memoryBytes: 90_000_000,
  processor: { userMs: 10, systemMs: 5 },
  uptimeMs: 1_000,
};
const ROW = { index: 8, term: 3, kind: 'command', time: 1_700_000_000_000, text: 'put a', request: { session: 1, sequence: 2 } };
const EVENT = { topic: 'status', node: 'n1', time: 1_700_000_000_000, status: STATUS };
const LOG = { rows: [ROW, { ...ROW, request: null }] };

const hostile = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 'n1', 'n1\n', '../n1', 'x'.repeat(4_097), 'leader', 'raft', {}, [], ['n1'], [null]),
  fc.constantFrom<unknown>(0, -0, -1, 0.5, 2 ** 53, 2 ** 53 - 1, new Array(65).fill('n1'), new Array(1_025).fill(1)),
  fc.jsonValue(),
);

type Step = string | number;

/** The ways to everything inside of a value. */
function waysInto(value: unknown): readonly (readonly Step[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const steps: readonly Step[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return steps.flatMap((step) => [[step], ...waysInto(Reflect.get(value, step)).map((way) => [step, ...way])]);
}

/** A copy with one thing in it replaced, taken out, or joined by something that nobody knows. */
function spoilt(whole: object): fc.Arbitrary<unknown> {
  const how = fc.constantFrom('replace', 'remove', 'join', 'leave');
  return fc.tuple(fc.constantFrom(...waysInto(whole)), how, hostile).map(([way, done, value]) => {
    const copy: unknown = structuredClone(whole);
    const last = way.at(-1) ?? '';
    let at = copy as object;
    for (const step of way.slice(0, -1)) at = Reflect.get(at, step) as object;
    if (done === 'remove') Reflect.deleteProperty(at, last);
    else if (done === 'replace') Reflect.set(at, last, value);
    else if (done === 'join' && !Array.isArray(at)) Reflect.set(at, 'later', value);
    // As it comes out of a frame: a hole in a list is null there.
    return JSON.parse(JSON.stringify(copy)) as unknown;
  });
}

describe('a check by hand of what watchers are sent', () => {
  it('takes a status that is whole, and a page of a log', () => {
    expect(quickParams('node.event', EVENT)).toEqual(EVENT);
    expect(quickResult('node.status', STATUS)).toEqual(STATUS);
    expect(quickResult('node.log', LOG)).toEqual(LOG);
  });

  it('knows every member that the schema knows', () => {
    const checked = METHODS['node.status'].result.parse(STATUS);
    expect(Object.keys(checked).sort()).toEqual(Object.keys(METHODS['node.status'].result.shape).sort());
  });

  it('of a status in an event takes what the schema takes, with the same outcome', () => {
    fc.assert(
      fc.property(fc.oneof(spoilt(EVENT), hostile), (value) => {
        const quick = quickParams('node.event', value);
        const checked = METHODS['node.event'].params.safeParse(value);
        if (quick !== null) expect(quick).toEqual(checked.data);
        else if (checked.success) expect(checked.data.topic).not.toBe('status');
      }),
      { numRuns: 1_000 },
    );
  });

  it('of a status and of a log takes what the schema takes, with the same outcome', () => {
    const drawn = fc.oneof(
      fc.oneof(spoilt(STATUS), hostile).map((value) => ['node.status', value] as const),
      fc.oneof(spoilt(LOG), hostile).map((value) => ['node.log', value] as const),
    );
    fc.assert(
      fc.property(drawn, ([method, value]) => {
        const quick = quickResult(method, value);
        const checked = METHODS[method].result.safeParse(value);
        if (quick !== null || checked.success) expect(quick).toEqual(checked.data);
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves other events to their schema', () => {
    expect(quickParams('node.event', { topic: 'fault', seq: 1, node: 'n1', time: 1, text: 'x' })).toBeNull();
  });
});

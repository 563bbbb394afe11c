import { describe, expect, it } from 'vitest';
import { clusterTime, nodeId, term } from '../../src/base/brand.ts';
import type { ClusterEvent } from '../../src/cluster/driver.ts';
import { collapseRuns } from '../../src/console/event-runs.ts';
import { FAKE_NOW, fakeEvent } from '../support/fake-picture.ts';

let seq = 0;
const at = (ms: number, node: string, text: string, changes: Partial<ClusterEvent> = {}): ClusterEvent => {
  seq += 1;
  return fakeEvent(seq, text, { time: clusterTime(FAKE_NOW + ms), node: nodeId(node), ...changes });
};
const asks = (ms: number, node: string, of = 3): ClusterEvent =>
  at(ms, node, 'asks', { raft: { type: 'election', term: term(of), preVote: true, reason: '' } });
const refuses = (ms: number, node: string, from: string, of = 3): ClusterEvent =>
  at(ms, node, 'refused', {
    raft: {
      type: 'vote-received',
      from: nodeId(from),
      term: term(of),
      preVote: true,
      granted: false,
      refusal: 'leader-is-alive',
    },
  });
const attempt = (ms: number, node: string): ClusterEvent[] => [
  asks(ms, node),
  refuses(ms + 3, node, 'n2'),
  refuses(ms + 5, node, 'n4'),
];
const texts = (events: readonly ClusterEvent[]): string[] => collapseRuns(events).map(({ node, text }) => `${node} ${text}`);

describe('repeated pre-votes', () => {
  it('become one row with their number, their time and who refused', () => {
    const events = Array.from({ length: 14 }, (_, i) => attempt(i * 700, 'n3')).flat();
    expect(texts(events)).toEqual(['n3 asked for pre-votes for term 3 14 times in 9.1 s; n2 and n4 refuse']);
  });

  it('stay apart by node, where each was last', () => {
    const events = [...attempt(0, 'n3'), ...attempt(100, 'n5'), ...attempt(700, 'n3'), ...attempt(800, 'n5')];
    expect(texts(events)).toEqual([
      'n3 asked for pre-votes for term 3 2 times in 700 ms; n2 and n4 refuse',
      'n5 asked for pre-votes for term 3 2 times in 700 ms; n2 and n4 refuse',
    ]);
  });

  it('end at anything else, so that what caused what keeps its order', () => {
    const events = [...attempt(0, 'n3'), at(10, 'n1', 'cut', { kind: 'fault' }), ...attempt(700, 'n3'), ...attempt(1_400, 'n3')];
    expect(texts(events)).toEqual([
      'n3 asks',
      'n3 refused',
      'n3 refused',
      'n1 cut',
      'n3 asked for pre-votes for term 3 2 times in 700 ms; n2 and n4 refuse',
    ]);
  });

  it('end at another term', () => {
    expect(texts([asks(0, 'n3'), asks(1, 'n3'), asks(2, 'n3', 4)])).toEqual([
      'n3 asked for pre-votes for term 3 2 times in 1 ms; nobody answered',
      'n3 asks',
    ]);
  });

  it('keep the number of their first event while they grow', () => {
    const events = [...attempt(0, 'n3'), ...attempt(700, 'n3')];
    const grown = [...events, ...attempt(1_400, 'n3')];
    expect(collapseRuns(grown)[0]?.seq).toBe(collapseRuns(events)[0]?.seq);
    expect(collapseRuns(grown)[0]?.seq).toBe(events[0]?.seq);
  });

  it('leave a list without any as it is', () => {
    const events = [at(0, 'n1', 'leads'), asks(1, 'n3')];
    expect(collapseRuns(events)).toBe(events);
  });
});

import { describe, expect, it } from 'vitest';
import { clusterTime, nodeId, term } from '../../src/base/brand.ts';
import type { RaftKvClient } from '../../src/cluster/client/client.ts';
import type { ClusterEvent } from '../../src/cluster/driver.ts';
import { ClusterWatch } from '../../src/cluster/native/watch/cluster-watch.ts';
import { PictureKeeper } from '../../src/cluster/native/watch/picture-keeper.ts';
import type { NodeEvent } from '../../src/replica/status.ts';

const [n1, n2] = [nodeId('n1'), nodeId('n2')];

/** A watch of two nodes whose events are spoken by hand. */
function watchTwo() {
  const speak = new Map<string, (event: NodeEvent) => void>();
  const client: Pick<RaftKvClient, 'subscribe'> = {
    subscribe: async (node, _topics, { onEvent }) => {
      speak.set(node, onEvent);
    },
  };
  const nodes = [n1, n2].map((id) => ({ id, url: `ws://127.0.0.1/${id}` }));
  const keeper = new PictureKeeper({ name: 'demo', dir: null, nodes });
  const checks = { status: () => {}, event: () => {}, lost: () => {} };
  const watch = new ClusterWatch({ client: client as RaftKvClient, keeper, dir: null, onLook: () => {}, checks });
  watch.start();
  const election = (node: typeof n1, time: number, seq: number): void =>
    speak.get(node)?.({
      topic: 'raft',
      seq,
      node,
      time: clusterTime(time),
      event: { type: 'election', term: term(2), preVote: true, reason: 'silence' },
    });
  return { watch, election };
}

describe('watching a cluster', () => {
  it('tells a listener the past first, in the order of time, and then what happens', () => {
    const { watch, election } = watchTwo();
    election(n2, 200, 1);
    election(n1, 100, 1);
    const heard: ClusterEvent[] = [];
    watch.onEvent((event) => heard.push(event));
    election(n1, 300, 2);
    const elections = heard.filter((event) => event.kind === 'election');
    expect(elections.map(({ node, time }) => [node, time])).toEqual([
      ['n1', 100],
      ['n2', 200],
      ['n1', 300],
    ]);
    watch.stop();
  });

  it('remembers no more than a bounded past', () => {
    const { watch, election } = watchTwo();
    for (let i = 1; i <= 5_000; i += 1) election(n1, i, i);
    const heard: ClusterEvent[] = [];
    watch.onEvent((event) => heard.push(event));
    expect(heard.length).toBeLessThanOrEqual(1_024);
    expect(heard.at(-1)?.time).toBe(5_000);
    watch.stop();
  });
});

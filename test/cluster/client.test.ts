import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { ERRORS, RpcError } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { RaftKvClient } from '../../src/cluster/client/client.ts';
import type { Dial } from '../../src/cluster/client/connection.ts';
import { type Deed, type FakeNode, fakeCluster, lead } from './fake-nodes.ts';

const clients: RaftKvClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(nodes: readonly FakeNode[], dial: Dial): RaftKvClient {
  const client = new RaftKvClient({ endpoints: nodes.map(({ url }) => url), token: 'secret', dial });
  clients.push(client);
  return client;
}

function failure(promise: Promise<unknown>): Promise<RpcError> {
  return promise.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => (error instanceof RpcError ? error : expect.fail(String(error))),
  );
}

/** A promise and the function that resolves it. */
function signal(): { readonly reached: Promise<void>; readonly reach: () => void } {
  let reach = (): void => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}

const at = (nodes: readonly FakeNode[], place: number): FakeNode => nodes[place] ?? expect.fail(`no node at ${place}`);
const NOT_LEADER = { type: 'error', kind: 'NOT_LEADER' } as const;

describe('finding the leader', () => {
  it('follows the hint of whichever node it asks first', async () => {
    for (let start = 0; start < 10; start += 1) {
      const { nodes, store, dial } = fakeCluster(5);
      lead(nodes, 3, 7);
      await expect(clientOf(nodes, dial).put('a', '1')).resolves.toEqual({ revision: 1, index: 1, term: 7 });
      expect(store.applied).toEqual(['a']);
    }
  });

  it('opens no connection before it is needed, and one per node then', async () => {
    const { nodes, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    expect(nodes.map(({ dials }) => dials)).toEqual([0, 0, 0]);
    await Promise.all(Array.from({ length: 20 }, (_, i) => client.put(`k${i}`, 'v')));
    for (const { dials } of nodes) expect(dials).toBeLessThanOrEqual(1);
  });

  it('goes on with the new leader when the old one loses the lead in the middle of a call', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    at(nodes, 0).script = () => {
      lead(nodes, 2, 2);
      at(nodes, 0).script = null;
      return { ...NOT_LEADER, data: { leader: 'n3', url: at(nodes, 2).url } };
    };
    await expect(client.put('b', '2')).resolves.toMatchObject({ term: 2 });
    expect(store.applied).toEqual(['a', 'b']);
  });

  it('believes the higher term when two nodes say they lead', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    // n1 is cut off and does not know it yet.
    Object.assign(at(nodes, 1), { role: 'leader', term: 2 });
    at(nodes, 2).term = 2;
    at(nodes, 0).script = () => ({ type: 'error', kind: 'NO_QUORUM' });
    await expect(client.put('b', '2')).resolves.toMatchObject({ term: 2 });
    expect(store.applied).toEqual(['a', 'b']);
  });

  it('does not spin in a circle of hints', async () => {
    const { nodes, store, dial } = fakeCluster(2);
    const [n1, n2] = [at(nodes, 0), at(nodes, 1)];
    n1.role = 'follower';
    n1.script = () => ({ ...NOT_LEADER, data: { leader: 'n2', url: n2.url } });
    n2.script = () => ({ ...NOT_LEADER, data: { leader: 'n1', url: n1.url } });
    const error = await failure(clientOf(nodes, dial).get('a', { deadlineMs: 300 }));
    expect(error.outcome).toBe('definite');
    expect(store.calls.filter(({ method }) => method === 'kv.get').length).toBeLessThan(60);
  });

  it('adopts a leader that no endpoint named, but carries its token nowhere worse than it was told to', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    const dialled: string[] = [];
    const spy: Dial = (request) => {
      dialled.push(request.url);
      return dial(request);
    };
    const client = clientOf([at(nodes, 1)], spy);
    await client.put('a', '1');
    expect(store.applied).toEqual(['a']);
    at(nodes, 0).script = () => ({ ...NOT_LEADER, data: { leader: 'n9', url: 'ws://evil.example:1/' } });
    await failure(client.put('b', '1', { deadlineMs: 150 }));
    expect(dialled.filter((url) => url.includes('evil'))).toEqual([]);
  });
});

describe('when nodes are gone', () => {
  it('says that nothing was changed when no node can be reached', async () => {
    const { nodes, dial } = fakeCluster(3);
    for (const node of nodes) node.crash();
    const error = await failure(clientOf(nodes, dial).put('a', '1', { deadlineMs: 100 }));
    expect(error).toMatchObject({ kind: 'NO_QUORUM', outcome: 'definite' });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('says that nothing was changed when the deadline passes while connecting', async () => {
    const { nodes, dial } = fakeCluster(3);
    for (const node of nodes) node.unreachable = true;
    await expect(failure(clientOf(nodes, dial).put('a', '1', { deadlineMs: 60 }))).resolves.toMatchObject({
      outcome: 'definite',
    });
  });

  it('repeats a write under its old name when the connection dies behind it', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const n1 = at(nodes, 0);
    n1.script = () => {
      n1.script = null;
      lead(nodes, 1, 2);
      n1.up = false;
      return { type: 'die', applied: true };
    };
    await client.put('b', '2');
    expect(store.applied).toEqual(['a', 'b']);
    const names = store.calls
      .filter(({ params }) => params['key'] === 'b')
      .map(({ params }) => [params['session'], params['sequence']]);
    expect(names.length).toBeGreaterThan(1);
    expect(new Set(names.map(String)).size).toBe(1);
  });

  it('leaves a leader that stands still as soon as another one leads', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const n1 = at(nodes, 0);
    n1.silent = true;
    n1.script = () => {
      Object.assign(at(nodes, 1), { role: 'leader', term: 2 });
      at(nodes, 2).term = 2;
      return { type: 'hang', applied: false };
    };
    await expect(client.put('b', '2')).resolves.toMatchObject({ term: 2 });
    expect(store.applied).toEqual(['a', 'b']);
  });

  it('spreads reads over all nodes when asked to, leaves out one that does not answer, and comes back to it', async () => {
    const { nodes, dial } = fakeCluster(3);
    const asked: string[] = [];
    for (const node of nodes) {
      node.script = ({ method, params }) => {
        if (method === 'kv.get') asked.push(`${node.id} ${params['forward']}`);
        return { type: 'serve' };
      };
    }
    const client = clientOf(nodes, dial);
    for (let i = 0; i < 6; i += 1) await client.get('a', { readFrom: 'any' });
    expect(asked.toSorted()).toEqual(['n1 true', 'n1 true', 'n2 true', 'n2 true', 'n3 true', 'n3 true']);
    asked.length = 0;
    await client.get('a', { node: nodeId('n2') });
    await client.get('a');
    expect(asked).toEqual(['n2 true', 'n1 false']);
    at(nodes, 2).script = ({ method }) => (method === 'kv.get' ? { type: 'hang', applied: false } : { type: 'serve' });
    asked.length = 0;
    for (let i = 0; i < 6; i += 1) await client.get('a', { readFrom: 'any' });
    expect(asked).toHaveLength(6);
    expect(asked.every((line) => !line.startsWith('n3'))).toBe(true);
  });

  it('waits for a slow leader instead of sending the same again', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    at(nodes, 0).script = () => ({ type: 'hang', applied: true });
    const error = await failure(client.put('b', '2', { deadlineMs: 1_300 }));
    expect(error).toMatchObject({ kind: 'UNKNOWN_OUTCOME', outcome: 'unknown' });
    expect(store.calls.filter(({ params }) => params['key'] === 'b')).toHaveLength(1);
  });

  it('retries what was definitely refused, until it succeeds', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    let refusals = 3;
    at(nodes, 0).script = () => {
      refusals -= 1;
      return refusals >= 0 ? { type: 'error', kind: 'OVERLOADED', data: { retryAfterMs: 1 } } : { type: 'serve' };
    };
    await clientOf(nodes, dial).put('a', '1');
    expect(store.applied).toEqual(['a']);
  });

  it('gives up at once on what no retry can mend', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    at(nodes, 0).script = () => ({ type: 'error', kind: 'FORBIDDEN' });
    await expect(failure(client.put('b', '2'))).resolves.toMatchObject({ kind: 'FORBIDDEN', outcome: 'definite' });
    await expect(failure(client.put('', '2'))).resolves.toMatchObject({ kind: 'INVALID_PARAMS' });
    expect(store.calls.filter(({ params }) => params['key'] === 'b')).toHaveLength(1);
  });

  it('tells a wrong token at once, but not because of one stranger on an old port', async () => {
    const { nodes, dial } = fakeCluster(3);
    at(nodes, 2).refusal = 'UNAUTHENTICATED';
    await clientOf(nodes, dial).put('a', '1');
    for (const node of nodes) node.refusal = 'UNAUTHENTICATED';
    const other = clientOf(nodes, dial);
    await expect(failure(other.put('a', '1'))).resolves.toMatchObject({ kind: 'UNAUTHENTICATED' });
    await expect(failure(other.get('a', { consistency: 'stale' }))).resolves.toMatchObject({ kind: 'UNAUTHENTICATED' });
  });
});

describe('the outcome of a write', () => {
  it('is unknown when any attempt may have been applied, whatever the later ones said', async () => {
    const { nodes, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    let first = true;
    for (const node of nodes) {
      node.script = () => {
        const deed: Deed = first ? { type: 'die', applied: false } : { type: 'error', kind: 'NO_QUORUM' };
        first = false;
        return deed;
      };
    }
    await expect(failure(client.put('b', '2', { deadlineMs: 200 }))).resolves.toMatchObject({ outcome: 'unknown' });
  });

  it('is told once when no attempt was answered', async () => {
    const { nodes, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    for (const node of nodes) node.script = () => ({ type: 'error', kind: 'UNKNOWN_OUTCOME' });
    const { message } = await failure(client.put('b', '2', { deadlineMs: 200 }));
    expect(message.match(/may have been applied/g)).toHaveLength(1);
  });

  it('stays unknown when a later attempt meets what no retry can mend', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const deeds: Deed[] = [
      { type: 'die', applied: true },
      { type: 'error', kind: 'FORBIDDEN' },
    ];
    at(nodes, 0).script = () => deeds.shift() ?? { type: 'serve' };
    await expect(failure(client.put('b', '2'))).resolves.toMatchObject({ kind: 'UNKNOWN_OUTCOME', outcome: 'unknown' });
    expect(store.applied).toEqual(['a', 'b']);
  });

  it('is unknown when cancelled after sending, and definite before', async () => {
    const { nodes, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const sent = signal();
    at(nodes, 0).script = () => {
      sent.reach();
      return { type: 'hang', applied: true };
    };
    const abort = new AbortController();
    const write = failure(client.put('b', '2', { signal: abort.signal }));
    await sent.reached;
    abort.abort();
    await expect(write).resolves.toMatchObject({ kind: 'UNKNOWN_OUTCOME' });
    await expect(failure(client.put('c', '3', { signal: abort.signal }))).resolves.toMatchObject({ outcome: 'definite' });
  });

  it('is unknown when the client is closed in the middle', async () => {
    const { nodes, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const sent = signal();
    at(nodes, 0).script = () => {
      sent.reach();
      return { type: 'hang', applied: true };
    };
    const write = failure(client.put('b', '2'));
    await sent.reached;
    client.close();
    await expect(write).resolves.toMatchObject({ kind: 'UNKNOWN_OUTCOME' });
    await expect(failure(client.get('a'))).resolves.toMatchObject({ outcome: 'definite' });
  });

  it('never concerns a read', async () => {
    const { nodes, dial } = fakeCluster(1);
    at(nodes, 0).script = () => ({ type: 'hang', applied: false });
    await expect(failure(clientOf(nodes, dial).get('a', { deadlineMs: 50 }))).resolves.toMatchObject({ outcome: 'definite' });
  });

  const deeds: fc.Arbitrary<Deed> = fc.oneof(
    fc.constant<Deed>({ type: 'serve' }),
    fc.constantFrom<Deed>(
      ...(['NOT_LEADER', 'OVERLOADED', 'NO_QUORUM', 'SHUTTING_DOWN', 'STORAGE_FULL'] as const).map(
        (kind) => ({ type: 'error', kind }) as const,
      ),
    ),
    fc.boolean().map<Deed>((applied) => ({ type: 'die', applied })),
  );

  it('is told truly, whatever a cluster does to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deeds, { maxLength: 6 }), fc.boolean(), async (script, ends) => {
        const { nodes, store, dial } = fakeCluster(3);
        const client = clientOf(nodes, dial);
        await client.put('first', '1');
        const left = [...script];
        for (const node of nodes)
          node.script = () => left.shift() ?? (ends ? { type: 'serve' } : { type: 'error', kind: 'NO_QUORUM' });
        const error = await client.put('second', '2', { deadlineMs: 150 }).then(
          () => null,
          (thrown: unknown) => thrown,
        );
        client.close();
        const times = store.applied.filter((key) => key === 'second').length;
        expect(times).toBeLessThanOrEqual(1);
        if (error === null) expect(times).toBe(1);
        else expect(error).toBeInstanceOf(RpcError);
        if (error instanceof RpcError && ERRORS[error.kind].outcome === 'definite') expect(times).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a write of unknown outcome', () => {
  it('is asked again under its own number, and applied once whether it was before or not', async () => {
    for (const applied of [true, false]) {
      const { nodes, store, dial } = fakeCluster(1);
      const client = clientOf(nodes, dial);
      await client.put('a', '1');
      // Nobody answers until the deadline; what the only attempt did is what is asked about.
      const deeds: Deed[] = [{ type: 'die', applied }];
      at(nodes, 0).script = () => deeds.shift() ?? { type: 'error', kind: 'NO_QUORUM' };
      await expect(failure(client.put('b', '2', { deadlineMs: 100 }))).resolves.toMatchObject({ outcome: 'unknown' });
      await expect(failure(client.retryUnknown({ deadlineMs: 50 }).then(() => undefined))).resolves.toMatchObject({
        outcome: 'unknown',
      });
      at(nodes, 0).script = () => ({ type: 'serve' });
      // Later writes do not take its number away.
      await client.put('c', '3');
      await expect(client.retryUnknown()).resolves.toMatchObject({ method: 'kv.put', key: 'b', changed: true });
      expect(store.applied.filter((key) => key === 'b')).toHaveLength(1);
      await expect(client.retryUnknown()).resolves.toBeNull();
    }
  });

  it('can be asked again no more when so many writes came after it that its number is needed', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const deeds: Deed[] = [{ type: 'die', applied: true }];
    at(nodes, 0).script = () => deeds.shift() ?? { type: 'error', kind: 'NO_QUORUM' };
    await failure(client.put('b', '2', { deadlineMs: 100 }));
    at(nodes, 0).script = () => ({ type: 'serve' });
    for (let i = 0; i < 300; i += 1) await client.put(`k${i}`, '');
    await expect(client.retryUnknown()).resolves.toBeNull();
    expect(store.applied).toHaveLength(302);
  });

  it('says so when the store has forgotten its session', async () => {
    const { nodes, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const deeds: Deed[] = [{ type: 'die', applied: true }];
    at(nodes, 0).script = () => deeds.shift() ?? { type: 'error', kind: 'SESSION_EXPIRED' };
    await failure(client.put('b', '2', { deadlineMs: 100 }));
    await expect(client.retryUnknown()).resolves.toBeNull();
  });
});

describe('sessions', () => {
  const written = (calls: readonly { readonly params: Readonly<Record<string, unknown>> }[], key: string): unknown[] =>
    calls.filter(({ params }) => params['key'] === key).map(({ params }) => params['session']);

  it('opens another one when the store forgot it before the write was sent', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    at(nodes, 0).script = ({ params }) =>
      params['session'] === 1 ? { type: 'error', kind: 'SESSION_EXPIRED' } : { type: 'serve' };
    await Promise.all([client.put('b', '2'), client.put('c', '3')]);
    expect(store.applied).toEqual(['a', 'b', 'c']);
    expect(written(store.calls, 'b')).toEqual([1, 2]);
    expect(store.calls.filter(({ method }) => method === 'session.open')).toHaveLength(2);
  });

  it('does not send a write anew when the store forgot the session after it may have been applied', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    let first = true;
    at(nodes, 0).script = ({ params }) => {
      if (params['session'] !== 1) return { type: 'serve' };
      const deed: Deed = first ? { type: 'die', applied: true } : { type: 'error', kind: 'SESSION_EXPIRED' };
      first = false;
      return deed;
    };
    await expect(failure(client.put('b', '2'))).resolves.toMatchObject({ kind: 'SESSION_EXPIRED', outcome: 'unknown' });
    expect(store.applied).toEqual(['a', 'b']);
    expect(written(store.calls, 'b')).toEqual([1, 1]);
  });

  it('does not give up the new one when news of the old one comes late', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    const reopened = signal();
    const expired: Deed = { type: 'error', kind: 'SESSION_EXPIRED' };
    at(nodes, 0).script = ({ params }) => {
      if (params['session'] !== 1) return { type: 'serve' };
      return params['key'] === 'c' ? { type: 'wait', until: reopened.reached, next: expired } : expired;
    };
    const late = client.put('c', '3');
    await client.put('b', '2');
    reopened.reach();
    await late;
    expect(written(store.calls, 'c')).toEqual([1, 2]);
    expect(store.calls.filter(({ method }) => method === 'session.open')).toHaveLength(2);
  });

  it('keeps fewer sequences open than the store remembers, and tells it what it may forget', async () => {
    const { nodes, store, dial } = fakeCluster(1);
    const client = clientOf(nodes, dial);
    const count = 3 * LIMITS.sessionReplies;
    await Promise.all(Array.from({ length: count }, (_, i) => client.put(`k${i}`, 'v')));
    expect(store.applied).toHaveLength(count);
    const requests = store.calls.flatMap(({ params }) => {
      const { sequence, acknowledged } = params;
      return typeof sequence === 'number' && typeof acknowledged === 'number' ? [{ sequence, acknowledged }] : [];
    });
    expect(requests).toHaveLength(count);
    for (const { sequence, acknowledged } of requests)
      expect(sequence - acknowledged).toBeLessThanOrEqual(LIMITS.sessionReplies / 2);
    expect(Math.max(...requests.map(({ acknowledged }) => acknowledged))).toBeGreaterThan(count - LIMITS.sessionReplies);
  });
});

describe('one node', () => {
  it('answers stale reads itself, also when nobody leads', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    lead(nodes, -1, 3);
    for (const node of nodes) node.script = () => ({ type: 'serve' });
    const client = clientOf(nodes, dial);
    await client.get('a', { consistency: 'stale', node: nodeId('n2') });
    await client.get('b', { consistency: 'stale' });
    expect(store.calls.find(({ params }) => params['key'] === 'a')?.node).toBe('n2');
    await expect(failure(client.get('a', { consistency: 'stale', node: nodeId('n7') }))).resolves.toMatchObject({
      kind: 'INVALID_PARAMS',
    });
  });

  it('fails at once when it is gone and no retry is wanted', async () => {
    const { nodes, store, dial } = fakeCluster(3);
    const client = clientOf(nodes, dial);
    await client.put('a', '1');
    at(nodes, 1).crash();
    const before = at(nodes, 1).dials;
    await failure(client.logRows(nodeId('n2'), 1 as never, 10, { retry: false }));
    expect(at(nodes, 1).dials).toBeLessThanOrEqual(before + 2);
    expect(store.calls.filter(({ method }) => method === 'node.log')).toEqual([]);
  });

  it('sends events to its subscriber, and says when it is gone', async () => {
    const { nodes, dial } = fakeCluster(2);
    const client = clientOf(nodes, dial);
    const events: unknown[] = [];
    const ended = signal();
    await client.subscribe(nodeId('n2'), ['fault'], { onEvent: (event) => events.push(event), onEnd: ended.reach });
    const event = { topic: 'fault', seq: 1, node: 'n2', time: 5, text: 'cut' };
    at(nodes, 1).notify(event);
    expect(events).toEqual([event]);
    at(nodes, 1).crash();
    await ended.reached;
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { RpcError } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { INTAKE_BOUNDS, Intake } from '../../src/net/intake.ts';
import type { Handler } from '../../src/net/rpc-socket.ts';
import { realClock } from '../../src/node/real-clock.ts';
import { FakeNode, type FakeNodeOptions } from '../support/fake-node.ts';
import { frame, OPCODE, RawClient } from '../support/raw-client.ts';

const nodes: FakeNode[] = [];

async function serve(
  handlers: Readonly<Record<string, Handler>>,
  rpcLimits: FakeNodeOptions['rpcLimits'] = {},
  options: Pick<FakeNodeOptions, 'intake'> = {},
): Promise<FakeNode> {
  const node = await FakeNode.start({ handlers: new Map(Object.entries(handlers)), rpcLimits, ...options });
  nodes.push(node);
  return node;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

/** A handler that answers when it is told to. */
function held(): { readonly handler: Handler; readonly release: () => void; readonly called: () => number } {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  const handler: Handler = async () => {
    calls += 1;
    await gate.promise;
    return {};
  };
  return { handler, release: gate.resolve, called: () => calls };
}

const closed = (node: FakeNode): Promise<void> => new Promise((resolve) => node.accepted[0]?.whenClosed(resolve));

/** Of one kind that the library dispatches, and of one that goes past it: nobody can tell them apart. */
describe.each(['slow', 'kv.get'])('a request of %s', (method) => {
  it('ends unknown when no answer comes in time', async () => {
    const { handler, release } = held();
    const client = await (await serve({ [method]: handler })).client();
    await expect(client.request(method, {}, 20)).rejects.toMatchObject({ kind: 'UNKNOWN_OUTCOME' });
    expect(client.pendingRequests).toBe(0);
    release();
    // The late answer finds nobody and harms nothing.
    await expect(client.request('none', {})).rejects.toMatchObject({ kind: 'METHOD_NOT_FOUND' });
    await expect(client.request('kv.cas', {})).rejects.toMatchObject({ kind: 'METHOD_NOT_FOUND' });
  });

  it('ends unknown when the connection dies after sending', async () => {
    const node = await serve({ [method]: (_params, { connection }) => connection.terminate() });
    await expect((await node.client()).request(method, {})).rejects.toMatchObject({ kind: 'UNKNOWN_OUTCOME' });
  });

  it('ends definite when the connection was closed before', async () => {
    const node = await serve({});
    const client = await node.client();
    const gone = new Promise<void>((resolve) => client.whenClosed(resolve));
    client.terminate();
    await gone;
    await expect(client.request(method, {})).rejects.toMatchObject({ kind: 'NO_QUORUM', outcome: 'definite' });
  });

  it('is refused, definite, above the bound of waiting requests', async () => {
    const { handler, release } = held();
    const node = await serve({ [method]: handler });
    const client = await node.client();
    const waiting = Array.from({ length: LIMITS.pendingRequests }, () => client.request(method, {}));
    for (const one of waiting) one.catch(() => {});
    await expect(client.request(method, {})).rejects.toMatchObject({ kind: 'OVERLOADED' });
    release();
    client.terminate();
  });

  it('is refused, definite, above the size of a frame, and the connection lives on', async () => {
    const client = await (await serve({ [method]: (params) => params })).client();
    const large = client.request(method, { text: 'é'.repeat(LIMITS.frameBytes / 2) });
    await expect(large).rejects.toMatchObject({ kind: 'TOO_LARGE' });
    expect(await client.request(method, { text: 'x' })).toEqual({ text: 'x' });
  });
});

describe.each(['bad', 'kv.get'])('a handler of %s', (method) => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('secret /path/to/file');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('secret /path/to/file'))],
    [
      'throws no error at all',
      () => {
        throw 'secret';
      },
    ],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['answers what cannot be written', () => ({ loop: 1n })],
  ])('that %s costs its caller an answer and tells nothing', async (_, handler) => {
    const node = await serve({ [method]: handler });
    const client = await node.client();
    const error: RpcError = await client.request(method, {}).then(
      () => expect.unreachable(),
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(RpcError);
    expect(error.outcome).toBe('unknown');
    expect(JSON.stringify([error.message, error.data])).not.toContain('secret');
    expect(node.bugs).toHaveLength(1);
  });

  it('answers with errors of the table, data included', async () => {
    const client = await (
      await serve({
        [method]: () => {
          throw new RpcError('OVERLOADED', { retryAfterMs: 30 });
        },
      })
    ).client();
    await expect(client.request(method, {})).rejects.toMatchObject({ kind: 'OVERLOADED', data: { retryAfterMs: 30 } });
  });
});

it.each(['echo', 'kv.get'])('a call of %s is answered under the id it came with, and not at all without one', async (method) => {
  const seen: unknown[] = [];
  const node = await serve({ [method]: (params) => void seen.push(params) });
  const raw = await RawClient.upgraded(node.server.port);
  const call = (members: object): Buffer => frame({ payload: JSON.stringify({ jsonrpc: '2.0', method, ...members }) });
  raw.write(Buffer.concat([call({ params: { n: 0 } }), call({ id: 'a"\u{1F600}', params: { n: 1 } }), call({ id: -7 })]));
  await raw.until('"id":-7');
  expect(seen).toEqual([{ n: 0 }, { n: 1 }, undefined]);
  const answers = [
    ...Buffer.from(raw.text, 'latin1')
      .toString()
      .matchAll(/\{"jsonrpc".*?"result":null\}/g),
  ].map(([text]) => JSON.parse(text));
  expect(answers).toEqual([
    { jsonrpc: '2.0', id: 'a"\u{1F600}', result: null },
    { jsonrpc: '2.0', id: -7, result: null },
  ]);
  raw.destroy();
});

describe('a batch', () => {
  it('is answered by an array, of one answer too, and not at all when it only notifies', async () => {
    const node = await serve({ echo: (params) => params });
    const raw = await RawClient.upgraded(node.server.port);
    raw.write(frame({ payload: '[{"jsonrpc":"2.0","method":"echo","params":{"n":0}}]' }));
    raw.write(frame({ payload: '[{"jsonrpc":"2.0","id":1,"method":"echo","params":{"n":1}}]' }));
    await raw.until('"id":1');
    expect(raw.text).toContain('[{"jsonrpc":"2.0","id":1,"result":{"n":1}}]');
    expect(raw.text).not.toContain('"n":0');
    raw.write(frame({ payload: '[{"jsonrpc":"2.0","id":2,"method":"echo"},{"jsonrpc":"2.0","id":3,"method":"none"}]' }));
    await raw.until('"id":3');
    expect(raw.text).toMatch(/\[\{"jsonrpc":"2.0","id":2,"result":null\},\{"jsonrpc":"2.0","id":3,"error":\{"code":-32601/);
    raw.destroy();
  });
});

describe('overload', () => {
  const call = (id: number): string => JSON.stringify({ jsonrpc: '2.0', id, method: 'slow' });

  it('pauses reading above the bound and goes on when half is done', async () => {
    const { handler, release, called } = held();
    const node = await serve({ slow: handler, echo: (params) => params }, { inflightCalls: 4 });
    const [client, other] = [await node.client(), await node.client()];
    const first = Array.from({ length: 5 }, () => client.request('slow', {}));
    // What was sent before this came back has been read, if it was read at all.
    await other.request('echo', {});
    const sixth = client.request('slow', {});
    await other.request('echo', {});
    await other.request('echo', {});
    expect(called()).toBe(5);
    release();
    await Promise.all([...first, sixth]);
    expect(called()).toBe(6);
  });

  it('closes a connection with twice as many calls, and only that one', async () => {
    const { handler, release } = held();
    const node = await serve({ slow: handler, echo: (params) => params }, { inflightCalls: 4 });
    const raw = await RawClient.upgraded(node.server.port);
    raw.write(Buffer.concat(Array.from({ length: 9 }, (_, id) => frame({ payload: call(id) }))));
    await raw.closed;
    expect(raw.closeCode).toBe(1013);
    expect(await (await node.client()).request('echo', {})).toEqual({});
    release();
  });

  it('closes a connection with twice as many bytes', async () => {
    const { handler, release } = held();
    const node = await serve({ slow: handler }, { inflightBytes: 1_000 });
    const raw = await RawClient.upgraded(node.server.port);
    const payload = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'slow', params: { text: 'x'.repeat(2_000) } });
    raw.write(frame({ payload }));
    await raw.closed;
    expect(raw.closeCode).toBe(1013);
    release();
  });

  it('refuses with a hint what the node as a whole has no room for, and serves who asks for little', async () => {
    const { handler, release, called } = held();
    const intake = new Intake({ ...INTAKE_BOUNDS, calls: [4, 4], reservedCalls: 1, patienceMs: 5 }, realClock);
    const node = await serve({ slow: handler, echo: (params) => params }, {}, { intake });
    const [flood, quiet] = [await node.client(), await node.client()];
    const taken = Array.from({ length: 4 }, () => flood.request('slow', {}));
    const refused = Array.from({ length: 6 }, () => flood.request('slow', {}));
    expect(await quiet.request('echo', { asked: true })).toEqual({ asked: true });
    for (const answer of await Promise.allSettled(refused)) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { kind: 'OVERLOADED', data: { retryAfterMs: 50 } } });
    }
    expect([called(), intake.calls]).toEqual([4, 4]);
    release();
    expect(await Promise.all(taken)).toEqual([{}, {}, {}, {}]);
    expect(await flood.request('echo', { again: true })).toEqual({ again: true });
    expect([intake.calls, intake.waitingFrames]).toEqual([0, 0]);
  });

  it('closes a connection when a frame that had to wait turns out not to be text', async () => {
    const { handler, release, called } = held();
    const intake = new Intake({ ...INTAKE_BOUNDS, calls: [2, 2], reservedCalls: 1, patienceMs: 5 }, realClock);
    const node = await serve({ slow: handler }, {}, { intake });
    const raw = await RawClient.upgraded(node.server.port);
    const calls = Array.from({ length: 3 }, (_, id) => frame({ payload: call(id) }));
    raw.write(Buffer.concat([...calls, frame({ payload: Buffer.from([0x22, 0xff, 0x22]) })]));
    await raw.closed;
    expect([raw.closeCode, called()]).toEqual([1007, 2]);
    release();
  });

  it('cuts a client that asks and does not read', async () => {
    const text = 'x'.repeat(1_048_576);
    const node = await serve({ big: () => ({ text }) });
    const raw = await RawClient.upgraded(node.server.port);
    const gone = closed(node);
    raw.socket.pause();
    const asks = Array.from({ length: 100 }, (_, id) =>
      frame({ payload: JSON.stringify({ jsonrpc: '2.0', id, method: 'big' }) }),
    );
    raw.write(Buffer.concat(asks));
    await gone;
    raw.destroy();
  });
});

describe('signs of life', () => {
  it('are asked for; silence ends the connection', async () => {
    const node = await serve({}, { pingMs: 10 });
    const raw = await RawClient.upgraded(node.server.port);
    // It never answers a ping.
    await Promise.all([raw.closed, closed(node)]);
  });

  it('give the round trip', async () => {
    const node = await serve({}, { pingMs: 5 });
    const client = await node.client();
    const raw = await RawClient.upgraded(node.server.port);
    raw.write(frame({ opcode: OPCODE.pong }));
    await raw.closed;
    // By now the honest client has answered several.
    expect(client.isOpen).toBe(true);
    expect(node.accepted[0]?.rttMs).toBeGreaterThan(0);
  });
});

describe('a page of a log', () => {
  const rows = Array.from({ length: 100 }, (_, place) => ({ index: place + 1, term: 1, text: `put k "${place}"` }));
  const nodeWith = async (page: unknown) => (await serve({ 'node.log': () => ({ rows: page }) })).client();

  it('that several nodes tell in the same words is read once', async () => {
    const [one, other] = [await nodeWith(rows), await nodeWith(structuredClone(rows))];
    const first = await one.request('node.log', {});
    expect(first).toEqual({ rows });
    expect(await other.request('node.log', {})).toBe(first);
  });

  it('that differs in a letter is another one', async () => {
    const changed = rows.map((row) => (row.index === 50 ? { ...row, text: 'put k "x"' } : row));
    const [one, other] = [await nodeWith(rows), await nodeWith(changed)];
    await one.request('node.log', {});
    expect(await other.request('node.log', {})).toEqual({ rows: changed });
  });

  it('is given to nobody who asked for something else', async () => {
    const node = await serve({ 'node.log': () => ({ rows }), other: () => ({ rows: structuredClone(rows) }) });
    const client = await node.client();
    const page = await client.request('node.log', {});
    const answer = await client.request('other', {});
    expect(answer).toEqual(page);
    expect(answer).not.toBe(page);
  });
});

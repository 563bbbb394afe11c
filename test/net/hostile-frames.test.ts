import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LIMITS } from '../../src/base/limits.ts';
import { FakeNode, TOKENS } from '../support/fake-node.ts';
import { frame, OPCODE, RawClient } from '../support/raw-client.ts';

let node: FakeNode;
const raw: { destroy(): void }[] = [];

beforeEach(async () => {
  node = await FakeNode.start();
});

/** Whatever was sent: the node serves an honest client afterwards, and no handler met a bug. */
afterEach(async () => {
  expect(await (await node.client()).request('kv.put', { key: 'after', value: '' })).toMatchObject({ term: 1 });
  expect(node.bugs).toEqual([]);
  for (const client of raw.splice(0)) client.destroy();
  await node.stop();
});

interface Talk {
  /** The first answer, or null when the connection closed without one. */
  readonly answer: { readonly id: unknown; readonly error?: { readonly code: number }; readonly result?: unknown } | null;
  readonly closeCode: number | null;
}

/** Sends one message over a library's socket and waits for the first answer or the close. */
function talk(data: string | Buffer): Promise<Talk> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(node.url, { headers: { Authorization: `Bearer ${TOKENS.client}` }, perMessageDeflate: false });
    raw.push({ destroy: () => socket.terminate() });
    socket.on('open', () => socket.send(data));
    socket.on('message', (message) => resolve({ answer: JSON.parse(message.toString()), closeCode: null }));
    socket.on('close', (closeCode) => resolve({ answer: null, closeCode }));
    socket.on('error', reject);
  });
}

async function rawClient(): Promise<RawClient> {
  const client = await RawClient.upgraded(node.server.port);
  raw.push(client);
  return client;
}

/** Sends bytes after a good handshake and waits until the server has hung up. */
async function hangsUpOn(...bytes: readonly Buffer[]): Promise<number | null> {
  const client = await rawClient();
  for (const part of bytes) client.write(part);
  await client.closed;
  return client.closeCode;
}

const call = (members: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'kv.get', params: { key: 'k' }, ...members });
/** A frame with a number or a text that JSON.stringify would not write. */
const callText = (id: string, key = '"k"'): string => `{"jsonrpc":"2.0","id":${id},"method":"kv.get","params":{"key":${key}}}`;

const INVALID_REQUEST = -32_600;
const INVALID_PARAMS = -32_602;
const METHOD_NOT_FOUND = -32_601;
const PARSE_ERROR = -32_700;
const TOO_LARGE = -32_005;

describe('a frame is refused with an answer', () => {
  it.each([
    ['[null], which ends a naive server', '[null]', INVALID_REQUEST],
    ['null', 'null', INVALID_REQUEST],
    ['an empty batch', '[]', INVALID_REQUEST],
    ['a batch of batches', '[[{}]]', INVALID_REQUEST],
    ['a number', '42', INVALID_REQUEST],
    ['a text', '"kv.put"', INVALID_REQUEST],
    ['no JSON', '{"jsonrpc"', PARSE_ERROR],
    ['nothing', '', PARSE_ERROR],
    ['unbalanced brackets', ']]]][[[[', PARSE_ERROR],
    ['a batch of 10,000', `[${Array.from({ length: 10_000 }, () => '{}').join(',')}]`, INVALID_REQUEST],
    ['a batch of 33', JSON.stringify(Array.from({ length: 33 }, (_, id) => JSON.parse(call({ id })))), INVALID_REQUEST],
    ['two calls of one id', `[${call({})},${call({})}]`, INVALID_REQUEST],
    ['an id that is an object', call({ id: {} }), INVALID_REQUEST],
    ['an id of null', call({ id: null }), INVALID_REQUEST],
    ['an id beyond all numbers', callText('1e400'), INVALID_REQUEST],
    ['an id that a double would round', callText('9007199254740993'), INVALID_REQUEST],
    ['a fraction as id', callText('1.5'), INVALID_REQUEST],
    ['a long id', call({ id: 'x'.repeat(LIMITS.requestIdLength + 1) }), INVALID_REQUEST],
    ['an id with a lone surrogate', callText('"\\ud800"'), INVALID_REQUEST],
    ['another protocol', call({ jsonrpc: '1.0' }), INVALID_REQUEST],
    ['an extra member', call({ extra: 1 }), INVALID_REQUEST],
    ['an own __proto__', `{"__proto__":{},"jsonrpc":"2.0","id":1,"method":"kv.get"}`, INVALID_REQUEST],
    ['a call that is also an answer', call({ result: 1 }), INVALID_REQUEST],
    ['a method that is no text', call({ method: ['kv.get'] }), INVALID_REQUEST],
    ['the method constructor', call({ method: 'constructor' }), METHOD_NOT_FOUND],
    ['the method __proto__', call({ method: '__proto__' }), METHOD_NOT_FOUND],
    ['the method toString', call({ method: 'toString' }), METHOD_NOT_FOUND],
    ['a method with an escape', call({ method: '\x1b]52;c;aGk=\x07' }), METHOD_NOT_FOUND],
    ['a method of 1 MiB', call({ method: 'm'.repeat(1_048_576) }), INVALID_REQUEST],
    ['params in an array', call({ params: ['k'] }), INVALID_PARAMS],
    ['params of null', call({ params: null }), INVALID_PARAMS],
    ['params that are a text', call({ params: 'k' }), INVALID_PARAMS],
    ['nested 5,000 deep', '['.repeat(5_000) + ']'.repeat(5_000), INVALID_REQUEST],
    ['nested 1,000,000 deep', '['.repeat(1_000_000), INVALID_REQUEST],
    ['objects 5,000 deep', '{"a":'.repeat(5_000), INVALID_REQUEST],
    ['1 MiB of {}', `[${'{},'.repeat(349_524)}{}]`, INVALID_REQUEST],
    ['a megabyte of quotes', '"'.repeat(1_000_000), INVALID_REQUEST],
    ['a lone surrogate in a key', callText('1', '"\\ud800"'), INVALID_PARAMS],
    [
      'a lone surrogate in a value',
      `{"jsonrpc":"2.0","id":1,"method":"kv.put","params":{"key":"k","value":"\\udc00"}}`,
      INVALID_PARAMS,
    ],
    ['an empty key', callText('1', '""'), INVALID_PARAMS],
    ['a key over its size', callText('1', JSON.stringify('k'.repeat(1_025))), TOO_LARGE],
    ['an unknown param', call({ params: { key: 'k', __proto__x: 1 } }), INVALID_PARAMS],
    [
      'an own __proto__ in params',
      `{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"k","__proto__":{"forward":false}}}`,
      INVALID_PARAMS,
    ],
    [
      'a deadline beyond all numbers',
      `{"jsonrpc":"2.0","id":1,"method":"kv.get","params":{"key":"k","deadlineMs":1e400}}`,
      INVALID_PARAMS,
    ],
  ])('%s', async (_, text, code) => {
    const { answer } = await talk(text);
    expect(answer?.error?.code).toBe(code);
    // Neither paths nor stacks nor what was sent come back.
    expect(JSON.stringify(answer).length).toBeLessThan(600);
    expect(node.service.proposed).toEqual([]);
  });

  it('and after too many of them the connection ends', async () => {
    const bad = Array.from({ length: LIMITS.badFrames + 1 }, () => frame({ payload: '[null]' }));
    expect(await hangsUpOn(...bad)).toBe(1008);
  });
});

describe('a text that only looks dangerous', () => {
  it.each([
    'a\0b',
    '\x1b]52;c;aGk=\x07',
    '\x1b]8;;http://evil.example\x07here\x1b]8;;\x07',
    '\u202eevil\u2066',
    '\ufeff\u200b',
    '\u2028',
  ])('%j is kept as it is: escaping is for whoever shows it', async (text) => {
    const client = await node.client();
    await client.request('kv.put', { key: text, value: text });
    expect(await client.request('kv.get', { key: text })).toMatchObject({ kv: { key: text, value: text } });
  });

  it('an answer to no question is ignored', async () => {
    const client = await rawClient();
    client.write(frame({ payload: '{"jsonrpc":"2.0","id":7,"result":{}}' }));
    client.write(frame({ payload: call({ id: 'next' }) }));
    await client.until('"id":"next"');
    expect(client.text).toContain('"id":"next"');
  });
});

describe('the server hangs up on', () => {
  it('a binary frame', async () => {
    expect(await hangsUpOn(frame({ opcode: OPCODE.binary, payload: call({}) }))).toBe(1003);
  });

  it('a frame over its size', async () => {
    expect(await hangsUpOn(frame({ payload: Buffer.alloc(LIMITS.frameBytes + 1, 0x20) }))).toBe(1009);
  });

  it('the mere claim of a terabyte', async () => {
    expect(await hangsUpOn(frame({ claim: 2 ** 40 }))).toBe(1009);
  });

  it('the claim of a length beyond 2^53', async () => {
    expect(await hangsUpOn(frame({ claim: 2 ** 60 }))).toBe(1009);
  });

  it('fragments that go on for ever', async () => {
    const endless = Array.from({ length: LIMITS.wsFragments + 1 }, (_, i) =>
      frame({ fin: false, opcode: i === 0 ? OPCODE.text : OPCODE.continuation, payload: ' ' }),
    );
    expect(await hangsUpOn(...endless)).toBe(1008);
  });

  it('empty fragments that go on for ever', async () => {
    const endless = Array.from({ length: LIMITS.wsFragments + 1 }, (_, i) =>
      frame({ fin: false, opcode: i === 0 ? OPCODE.text : OPCODE.continuation }),
    );
    expect(await hangsUpOn(...endless)).toBe(1008);
  });

  it('a continuation of nothing', async () => {
    expect(await hangsUpOn(frame({ opcode: OPCODE.continuation, payload: 'x' }))).toBe(1002);
  });

  it.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('the reserved opcode %i', async (opcode) => {
    expect(await hangsUpOn(frame({ opcode }))).toBe(1002);
  });

  it.each([1, 2, 4])('reserved bits %i, compression among them', async (reserved) => {
    expect(await hangsUpOn(frame({ reserved, payload: call({}) }))).toBe(1002);
  });

  it('an unmasked frame', async () => {
    expect(await hangsUpOn(frame({ masked: false, payload: call({}) }))).toBe(1002);
  });

  it('text that is no UTF-8', async () => {
    expect(await hangsUpOn(frame({ payload: Buffer.from([0x22, 0xff, 0xfe, 0x22]) }))).toBe(1007);
  });

  it('a close frame with the code 999', async () => {
    expect(await hangsUpOn(frame({ opcode: OPCODE.close, payload: Buffer.from([999 >> 8, 999 & 0xff]) }))).toBe(1002);
  });

  it('a close frame of one byte', async () => {
    expect(await hangsUpOn(frame({ opcode: OPCODE.close, payload: 'x' }))).toBe(1002);
  });

  it('a ping that is a fragment', async () => {
    expect(await hangsUpOn(frame({ opcode: OPCODE.ping, fin: false }))).toBe(1002);
  });

  it('a ping of 126 bytes', async () => {
    expect(await hangsUpOn(frame({ opcode: OPCODE.ping, payload: Buffer.alloc(126) }))).toBe(1002);
  });

  it('a flood of pings', async () => {
    const ping = frame({ opcode: OPCODE.ping, payload: Buffer.alloc(125) });
    await hangsUpOn(...Array.from({ length: 2_000 }, () => ping));
  });
});

describe('compression', () => {
  it('is not agreed to', async () => {
    const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const client = await RawClient.upgraded(node.server.port, offer);
    raw.push(client);
    expect(client.status).toBe(101);
    expect(client.text.toLowerCase()).not.toContain('permessage-deflate');
  });
});

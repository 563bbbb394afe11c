import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { FrameReader } from '../../src/net/frame-reader.ts';
import { framesAsBytes } from '../../src/net/frames.ts';
import type { Gatekeeper, HeldFrame } from '../../src/net/held-frame.ts';
import type { TakeLent } from '../../src/net/lent-reads.ts';
import { wsLimits } from '../../src/net/ws-limits.ts';
import { frame, OPCODE } from '../support/raw-client.ts';

const MOST_BYTES = 100_000;

/** A connection whose bytes arrive in the pieces that the test wants. */
class Wire extends Duplex {
  readonly sent: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent.push(Buffer.from(chunk));
    done();
  }
}

interface Heard {
  /** In order, whatever way they came. */
  readonly events: readonly string[];
  /** So many of them before a pause ended. */
  readonly early: number;
  readonly sent: string;
  readonly short: number;
  /** Reads that brought all that had come. */
  readonly emptied: number;
  /** Who still listens to the stream at the end. */
  readonly listeners: number;
}

/** By the library alone, or with the short way: of what the stream is given, or of reads that are good until they end. */
type Way = 'library' | 'given' | 'lent';
const WAYS = ['given', 'lent'] as const;

/** What a server makes of the bytes. */
async function hear(chunks: readonly Buffer[], way: Way, waits = false): Promise<Heard> {
  const stream = new Wire();
  const headers = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' };
  const request = { method: 'GET', url: '/', headers: { ...headers, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' } };
  const server = new WebSocketServer({ noServer: true, clientTracking: false, ...wsLimits(MOST_BYTES) });
  const socket = await new Promise<WebSocket>((resolve) =>
    server.handleUpgrade(request as unknown as IncomingMessage, stream, Buffer.alloc(0), resolve),
  );
  const events: string[] = [];
  let short = 0;
  let emptied = 0;
  const held: HeldFrame[] = [];
  const gatekeeper: Gatekeeper = {
    sawEmpty: () => {
      emptied += 1;
    },
    admits: () => !waits,
    hold: (frame) => void held.push(frame),
  };
  const heard = (text: string): void => {
    if (socket.readyState !== socket.OPEN) return;
    events.push(text);
    if (text === 'bye') socket.close(1000);
    if (text === 'pause') socket.pause();
  };
  const take = (text: string): void => {
    short += 1;
    heard(text);
  };
  let takeLent: TakeLent | null = null;
  const lend = (_: Duplex, lent: TakeLent): boolean => {
    if (way === 'lent') takeLent = lent;
    return way === 'lent';
  };
  const read = (chunk: Buffer): void => {
    if (takeLent === null) stream.push(chunk);
    else takeLent(chunk);
    // The next read is written over this one.
    if (takeLent !== null) chunk.fill(0x81);
  };
  if (way !== 'library') new FrameReader({ socket, stream, masked: true, take, gatekeeper, lend });
  socket.on('message', (data, isBinary) => (isBinary ? events.push('binary') : heard(data.toString())));
  socket.on('ping', (data) => events.push(`ping ${data}`));
  socket.on('pong', (data) => events.push(`pong ${data}`));
  socket.on('error', (error) => events.push(`error ${error.message}`));
  socket.on('close', (code) => events.push(`close ${code}`));
  stream.sent.length = 0;
  for (const chunk of chunks) {
    if (!stream.destroyed) read(Buffer.from(chunk));
    await turn();
  }
  const early = events.length;
  for (const frame of held) events.push(`held ${frame.loadId()} ${frame.text()}`);
  if (socket.isPaused) socket.resume();
  await turn();
  const listeners = stream.listenerCount('data');
  if (!stream.destroyed) stream.push(null);
  await turn();
  socket.terminate();
  await turn();
  return { events, early, sent: Buffer.concat(stream.sent).toString('hex'), short, emptied, listeners };
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('', 'bye', '\ufffd', 'x'.repeat(125), 'x'.repeat(126), 'é'.repeat(200), 'x'.repeat(70_000)),
);
const honest = text.map((each) => framesAsBytes([each], true));
const inPieces = text.map((each) =>
  Buffer.concat([
    frame({ fin: false, payload: each }),
    frame({ opcode: OPCODE.ping, payload: 'between' }),
    frame({ opcode: OPCODE.continuation, payload: '.' }),
  ]),
);
const odd = fc.oneof(
  fc.constantFrom(
    ...[frame({ opcode: OPCODE.ping, payload: 'p' }), frame({ opcode: OPCODE.pong }), frame({ opcode: OPCODE.binary })],
    ...[frame({ payload: Buffer.from([0x22, 0xed, 0xa0, 0x80]) }), frame({ payload: Buffer.from([0xc3]) })],
    ...[frame({ opcode: OPCODE.close, payload: Buffer.from([3, 232]) }), frame({ masked: false, payload: 'x' })],
    ...[frame({ reserved: 4, payload: 'x' }), frame({ opcode: 3 }), frame({ opcode: OPCODE.ping, payload: 'x'.repeat(126) })],
    ...[frame({ claim: MOST_BYTES + 1, payload: 'x' }), frame({ claim: 2 ** 40, payload: 'x' }), frame({ fin: false })],
  ),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const frames = fc.array(fc.oneof({ weight: 12, arbitrary: honest }, { weight: 2, arbitrary: inPieces }, odd), { maxLength: 12 });

/** The bytes, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

describe.each(WAYS)('a read of a socket, %s', (way) => {
  it('has brought all that had come when it is shorter than it could be', async () => {
    const whole = framesAsBytes(['x'.repeat(65_536 - 8)], true);
    expect(whole.length).toBe(65_536);
    expect(await hear([whole, whole], way)).toMatchObject({ short: 2, emptied: 0 });
    expect(await hear([whole, whole.subarray(0, 40), whole.subarray(40)], way)).toMatchObject({ short: 1, emptied: 2 });
  });
});

describe.each(WAYS)('frames that take the short way, %s', (way) => {
  it('are heard as the library hears them, and so is everything between them, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.array(fc.nat({ max: 200_000 }), { maxLength: 8 }), async (all, places) => {
        const chunks = cut(Buffer.concat(all), places);
        expect({ ...(await hear(chunks, way)), short: 0, emptied: 0 }).toEqual(await hear(chunks, 'library'));
      }),
      { numRuns: 400 },
    );
  });

  it('are not seen where the inside of a frame looks like one', async () => {
    const inside = frame({ payload: 'evil' });
    const whole = frame({ payload: Buffer.concat([Buffer.from('good'.repeat(5_000)), inside]) });
    const at = whole.length - inside.length;
    const chunks = [whole.subarray(0, at), whole.subarray(at)];
    const { events, short } = await hear(chunks, way);
    expect({ events, short }).toEqual({ events: (await hear(chunks, 'library')).events, short: 0 });
    expect(events).not.toContain('evil');
  });

  it('take it, one by one or many at once, also after others that do not', async () => {
    const [a, b] = [framesAsBytes(['a'], true), framesAsBytes(['b', 'c', 'd'], true)];
    const ping = frame({ opcode: OPCODE.ping });
    expect((await hear([a, b], way)).short).toBe(4);
    expect((await hear([ping, a, Buffer.concat([a, ping]), b], way)).short).toBe(5);
    const large = framesAsBytes(['x'.repeat(70_000)], true);
    expect((await hear([large.subarray(0, 60_000), large.subarray(60_000), a], way)).short).toBe(1);
    // A header in two pieces is waited for.
    const long = framesAsBytes(['x'.repeat(300)], true);
    expect((await hear([long.subarray(0, 3), long.subarray(3)], way)).short).toBe(1);
  });

  it('take it in two pieces as well, when they are small, and what follows them with them', async () => {
    const [small, a] = [framesAsBytes(['x'.repeat(300)], true), framesAsBytes(['a'], true)];
    expect((await hear([small.subarray(0, 100), Buffer.concat([small.subarray(100), a])], way)).short).toBe(2);
    expect((await hear([small.subarray(0, 100), small.subarray(100, 200), small.subarray(200), a], way)).short).toBe(2);
    const large = framesAsBytes(['x'.repeat(20_000)], true);
    expect((await hear([large.subarray(0, 100), Buffer.concat([large.subarray(100), a])], way)).short).toBe(0);
  });

  it('wait as they came, when they may not be read yet, and say the same later', async () => {
    const [put, invalid] = ['{"jsonrpc":"2.0","id":7,"method":"kv.put","params":{"key":"é"}}', Buffer.from([0x22, 0xff, 0x22])];
    const bytes = Buffer.concat([framesAsBytes(['a', put], true), frame({ payload: invalid }), framesAsBytes(['b'], true)]);
    const { events, listeners } = await hear([bytes.subarray(0, 50), bytes.subarray(50)], way, true);
    expect(events.slice(0, 4)).toEqual(['held null a', `held 7 ${put}`, 'held null null', 'held null b']);
    // Nothing was handed to the library.
    expect(listeners).toBe(1);
  });

  it('waits while the connection is paused, and then comes in its order', async () => {
    const chunks = ['a', 'pause', 'b', 'c'].map((text) => framesAsBytes([text], true));
    const heard = await hear(chunks, way);
    expect(heard).toMatchObject({ early: 2, short: 4 });
    expect(heard.events.slice(0, 4)).toEqual(['a', 'pause', 'b', 'c']);
    expect((await hear(chunks, 'library')).early).toBe(2);
  });
});

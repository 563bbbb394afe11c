import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { lendReads } from '../../src/net/lent-reads.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The two ends of a connection. */
async function connection(): Promise<{ readonly accepted: Socket; readonly dialled: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dialled = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(dialled, 'connect')])) as [[Socket], unknown];
  closing.push(() => {
    dialled.destroy();
    accepted.destroy();
    server.close();
  });
  return { accepted, dialled };
}

/** What was read so far, and a promise of so many bytes of it. */
class Reads {
  #bytes = Buffer.alloc(0);
  #heard: () => void = () => {};
  goesOn = true;
  readonly take = (bytes: Buffer): boolean => {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    // Whoever kept them would see it.
    bytes.fill(0);
    this.#heard();
    return this.goesOn;
  };

  async bytes(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await new Promise<void>((resolve) => (this.#heard = resolve));
    return this.#bytes;
  }
}

describe('lent reads', () => {
  it('bring all that comes, whoever dialled, and the end', async () => {
    const { accepted, dialled } = await connection();
    const large = Buffer.alloc(300_000, 'abcdefg');
    for (const [from, to] of [
      [dialled, accepted],
      [accepted, dialled],
    ] as const) {
      const reads = new Reads();
      expect(lendReads(to, reads.take)).toBe(true);
      to.resume();
      from.write('first ');
      expect(String(await reads.bytes(6))).toBe('first ');
      from.write(large);
      expect((await reads.bytes(6 + large.length)).subarray(6).equals(large)).toBe(true);
    }
    dialled.end();
    await once(accepted, 'end');
  });

  it('stop when there is to be no more, and go on with what follows', async () => {
    const { accepted, dialled } = await connection();
    const reads = new Reads();
    expect(lendReads(accepted, reads.take)).toBe(true);
    accepted.resume();
    reads.goesOn = false;
    dialled.write('one');
    expect(String(await reads.bytes(3))).toBe('one');
    accepted.pause();
    reads.goesOn = true;
    dialled.write('two');
    accepted.resume();
    expect(String(await reads.bytes(6))).toBe('onetwo');
  });

  it('are had from both ends of a WebSocket', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    closing.push(() => {
      client.terminate();
      server.close();
    });
    const upgraded = once(client, 'upgrade') as Promise<[{ readonly socket: Socket }]>;
    const [[, request], [response]] = (await Promise.all([once(server, 'connection'), upgraded])) as [
      [WebSocket, { readonly socket: Socket }],
      [{ readonly socket: Socket }],
    ];
    for (const { socket } of [request, response]) expect(lendReads(socket, () => true)).toBe(true);
  });

  it('are not had where nobody has looked at how this Node reads', async () => {
    const { accepted } = await connection();
    const versions = Object.getOwnPropertyDescriptor(process, 'versions') as PropertyDescriptor;
    Object.defineProperty(process, 'versions', { ...versions, value: { ...process.versions, node: '99.0.0' } });
    closing.push(() => Object.defineProperty(process, 'versions', versions));
    expect(lendReads(accepted, () => true)).toBe(false);
  });

  it('are not had from what is no plain socket, nor twice', async () => {
    const take = () => true;
    expect(lendReads(new PassThrough(), take)).toBe(false);
    const { accepted } = await connection();
    expect([lendReads(accepted, take), lendReads(accepted, take)]).toEqual([true, false]);
    accepted.destroy();
    const { dialled } = await connection();
    Object.setPrototypeOf(dialled, class extends Socket {}.prototype);
    expect(lendReads(dialled, take)).toBe(false);
    Object.setPrototypeOf(dialled, Socket.prototype);
  });
});

import { createConnection, type Socket } from 'node:net';
import { TOKENS } from './fake-node.ts';

export interface FrameShape {
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly opcode?: number;
  readonly payload?: string | Buffer;
  readonly masked?: boolean;
  /** A length to claim instead of the true one. */
  readonly claim?: number;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One WebSocket frame, right or wrong (RFC 6455 §5.2). */
export function frame(shape: FrameShape): Buffer {
  const { fin = true, reserved = 0, opcode = OPCODE.text, masked = true } = shape;
  const payload = Buffer.from(shape.payload ?? '');
  const length = shape.claim ?? payload.length;
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const maskBit = masked ? 0x80 : 0;
  if (length < 126) head.push(maskBit | length);
  else if (length < 65_536) head.push(maskBit | 126, length >> 8, length & 0xff);
  else {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(BigInt(length));
    head.push(maskBit | 127, ...long);
  }
  // A mask of zeros is as good as any to a server.
  return Buffer.concat([Buffer.from(head), masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

/** Bytes on a plain TCP connection, for saying what no library would say. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when the connection is gone, however it went. */
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      for (const look of this.#waiting) look();
      // A goodbye from the server is answered by hanging up, so that no test waits for the server to lose patience.
      if (this.closeCode !== null) socket.end();
    });
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: '127.0.0.1', port, allowHalfOpen: false });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** An honest handshake, unless headers are replaced: null leaves one out. */
  static async upgraded(port: number, headers: Readonly<Record<string, string | null>> = {}): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.write(upgradeRequest(port, headers));
    await client.until('\r\n\r\n');
    return client;
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  /** The status of the HTTP answer, or null while there is none. */
  get status(): number | null {
    const found = /^HTTP\/1\.1 (\d{3}) /.exec(this.text);
    return found === null ? null : Number(found[1]);
  }

  /** Resolves once the text has arrived or the connection is gone. */
  until(text: string): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.text.includes(text)) resolve();
      };
      this.#waiting.push(look);
      look();
    });
    return Promise.race([arrived, this.closed]);
  }

  /** The code of the close frame that the server has sent; null when it sent none. */
  get closeCode(): number | null {
    const start = this.#received.indexOf('\r\n\r\n');
    let at = start < 0 ? this.#received.length : start + 4;
    while (at + 2 <= this.#received.length) {
      const opcode = (this.#received[at] ?? 0) & 0x0f;
      const short = (this.#received[at + 1] ?? 0) & 0x7f;
      const [length, head] =
        short === 127
          ? [Number(this.#received.readBigUInt64BE(at + 2)), 10]
          : short === 126
            ? [this.#received.readUInt16BE(at + 2), 4]
            : [short, 2];
      if (opcode === OPCODE.close) return length >= 2 ? this.#received.readUInt16BE(at + head) : 1005;
      at += head + length;
    }
    return null;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

export function upgradeRequest(port: number, headers: Readonly<Record<string, string | null>> = {}, path = '/'): string {
  const all: Record<string, string | null> = {
    Host: `127.0.0.1:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
    Authorization: `Bearer ${TOKENS.client}`,
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

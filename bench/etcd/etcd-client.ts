/**
 * A client of etcd's own protocol, gRPC over HTTP/2, for comparisons: as little work per call as Node allows, so that the
 * generator costs etcd no more than it costs us. The messages are those of etcd's rpc.proto, version 3.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import { RpcError } from '../../src/base/errors.ts';
import type { LoadTarget } from '../../src/cli/bench-load.ts';
import { bytesField, fieldsOf, varintField } from './protobuf.ts';

const WINDOW_BYTES = 1 << 24;

export class EtcdClient implements LoadTarget {
  readonly #session: ClientHttp2Session;

  /** @param url `http://127.0.0.1:PORT` of a member's client port */
  constructor(url: string) {
    this.#session = connect(url, { settings: { initialWindowSize: WINDOW_BYTES, enablePush: false } });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(WINDOW_BYTES));
    this.#session.on('error', () => {});
  }

  close(): void {
    this.#session.close();
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call('/etcdserverpb.KV/Put', Buffer.concat([bytesField(1, key), bytesField(2, value)]));
  }

  /** All of them in one transaction (at most 128, etcd's own limit): the quick way to many keys. */
  async putAll(pairs: readonly (readonly [key: string, value: string])[]): Promise<void> {
    const puts = pairs.map(([key, value]) =>
      bytesField(2, bytesField(2, Buffer.concat([bytesField(1, key), bytesField(2, value)]))),
    );
    await this.#call('/etcdserverpb.KV/Txn', Buffer.concat(puts));
  }

  async get(key: string, options: { readonly consistency?: 'linearizable' | 'stale' } = {}): Promise<string | null> {
    const request = [bytesField(1, key), varintField(7, options.consistency === 'stale' ? 1 : 0)];
    const [first] = valuesOf(await this.#call('/etcdserverpb.KV/Range', Buffer.concat(request)));
    return first ?? null;
  }

  async range(query: { readonly start?: string; readonly limit?: number }): Promise<readonly string[]> {
    const toTheEnd = Buffer.from([0]);
    const request = [bytesField(1, query.start ?? '\0'), bytesField(2, toTheEnd), varintField(3, query.limit ?? 0)];
    return valuesOf(await this.#call('/etcdserverpb.KV/Range', Buffer.concat(request)));
  }

  /** One unary call: a message with a prefix of five bytes each way, the verdict in the trailers. */
  #call(path: string, message: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const chunks: Buffer[] = [];
      let status = '';
      const judge = (headers: Record<string, unknown>): void => {
        if (headers['grpc-status'] !== undefined)
          status = `${String(headers['grpc-status'])} ${String(headers['grpc-message'] ?? '')}`;
      };
      stream.on('response', judge);
      stream.on('trailers', judge);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        const [chunk] = chunks;
        if (status === '0 ' && chunk !== undefined) resolve((chunks.length === 1 ? chunk : Buffer.concat(chunks)).subarray(5));
        else reject(new RpcError('UNKNOWN_OUTCOME', { detail: `etcd answered ${status === '' ? 'nothing' : status}` }));
      });
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([prefix, message]));
    });
  }
}

/** The values of a RangeResponse: `kvs` is field 2, the value in it field 5. */
function valuesOf(response: Buffer): readonly string[] {
  const values: string[] = [];
  for (const [number, content] of fieldsOf(response)) {
    if (number !== 2 || typeof content === 'number') continue;
    for (const [inner, value] of fieldsOf(content)) if (inner === 5 && typeof value !== 'number') values.push(value.toString());
  }
  return values;
}

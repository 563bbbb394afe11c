/** The way out to one peer: dialled, kept, dialled again when it breaks. */
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { Message } from '../raft/messages.ts';
import { dial } from './connect.ts';
import { PEER_HEADERS } from './handshake.ts';
import { PeerSocket } from './peer-socket.ts';
import type { WireLog } from './rpc-socket.ts';

export interface PeerAddress {
  readonly id: NodeId;
  readonly url: string;
}

export interface PeerLinkOptions {
  readonly self: NodeId;
  readonly peer: PeerAddress;
  readonly clusterId: string;
  /** Whether this node withholds its vote for leases. */
  readonly leases?: boolean;
  readonly token: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
  readonly random: Random;
  readonly log: WireLog;
  readonly onOpen: () => void;
  /** An open connection was lost. */
  readonly onLost: () => void;
  readonly pingMs: number;
}

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1_000;

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #stop = new AbortController();
  #socket: PeerSocket | null = null;
  #dialling = false;
  #retry: NodeJS.Timeout | null = null;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#socket?.isOpen ?? false;
  }

  get rttMs(): number | null {
    return this.#socket?.rttMs ?? null;
  }

  get queuedBytes(): number {
    return this.#socket?.bufferedBytes ?? 0;
  }

  /** False when it could not be sent; nothing is kept for later. */
  send(message: Message): boolean {
    return this.#socket?.send(message) ?? false;
  }

  /** Dials now unless there is a connection: at the start, and when the peer has just shown that it lives. */
  dialNow(): void {
    this.#retryMs = FIRST_RETRY_MS;
    if (this.#dialling || this.isOpen || this.#stop.signal.aborted) return;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#dialling = true;
    void this.#dial();
  }

  close(): void {
    this.#stop.abort();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.close();
  }

  /** Never rejects. */
  async #dial(): Promise<void> {
    const { self, peer, clusterId, leases = false, token, tls, log } = this.#options;
    const headers = {
      [PEER_HEADERS.cluster]: clusterId,
      [PEER_HEADERS.node]: self,
      [PEER_HEADERS.target]: peer.id,
      [PEER_HEADERS.leases]: leases ? 'on' : 'off',
    };
    try {
      await dial({ url: peer.url, token, headers, tls, signal: this.#stop.signal }, (socket) => {
        // This connection carries messages one way; the peer answers over its own.
        this.#socket = new PeerSocket(socket, {
          self,
          peer: peer.id,
          pingMs: this.#options.pingMs,
          log,
          onClose: () => this.#lost(),
        });
      });
      this.#dialling = false;
      this.#retryMs = FIRST_RETRY_MS;
      if (this.#stop.signal.aborted) this.#socket?.close();
      else if (this.isOpen) this.#options.onOpen();
    } catch (error) {
      this.#dialling = false;
      log('debug', 'peer not reached', { peer: peer.id, error: error instanceof Error ? error.message : String(error) });
      this.#retryLater();
    }
  }

  #lost(): void {
    this.#socket = null;
    if (this.#stop.signal.aborted) return;
    this.#options.onLost();
    this.#retryLater();
  }

  /** Waits grow by half each time, with jitter, so that two nodes that restart together do not keep step. */
  #retryLater(): void {
    if (this.#stop.signal.aborted || this.#retry !== null || this.isOpen) return;
    const wait = this.#retryMs * (0.5 + this.#options.random.next());
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 1.5);
    this.#retry = setTimeout(() => {
      const retryMs = this.#retryMs;
      this.#retry = null;
      this.dialNow();
      this.#retryMs = retryMs;
    }, wait);
  }
}

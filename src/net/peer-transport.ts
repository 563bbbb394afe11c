/** Raft's messages between the nodes: one connection out to each peer, one in from each. */

import type { WebSocket } from 'ws';
import { assert } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { Message } from '../raft/messages.ts';
import type { LinkStatus, Transport } from '../replica/ports.ts';
import { writeWaitingFrames } from './carrier.ts';
import { type PeerAddress, PeerLink } from './peer-link.ts';
import { PeerSocket } from './peer-socket.ts';
import type { WireLog } from './rpc-socket.ts';

export interface PeerTransportOptions {
  readonly self: NodeId;
  readonly clusterId: string;
  /** Whether this node withholds its vote for leases. */
  readonly leases?: boolean;
  readonly token: string;
  /** The others. */
  readonly peers: readonly PeerAddress[];
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
  readonly random: Random;
  readonly log: WireLog;
  /** A message whose shape is checked and whose sender is the one it names. */
  readonly onMessage: (message: Message) => void;
  /** The way out to a peer is open: what is sent to it now arrives. */
  readonly onPeerOpen?: (peer: NodeId) => void;
  /** Both connections with one more peer are open: what it is asked can be answered. The number of such peers. */
  readonly onReached?: (peers: number) => void;
  /** One of the two connections with a peer broke; told once until one of them opens again. */
  readonly onPeerClosed?: (peer: NodeId) => void;
  /** How often each link is measured, in milliseconds. Default 1,000. */
  readonly pingMs?: number;
}

const PING_MS = 1_000;

interface Peer {
  readonly link: PeerLink;
  incoming: PeerSocket | null;
  /** A loss was told and nothing has opened since. */
  lossTold: boolean;
}

export class PeerTransport implements Transport {
  readonly #options: PeerTransportOptions;
  readonly #peers = new Map<NodeId, Peer>();
  #closed = false;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
    for (const peer of options.peers) {
      assert(peer.id !== options.self, 'a node is not its own peer');
      this.#peers.set(peer.id, { link: this.#createLink(peer), incoming: null, lossTold: false });
    }
  }

  /** Dials all peers. Call it once this node itself can be reached: peers dial back as soon as they hear of it. */
  start(): void {
    for (const { link } of this.#peers.values()) link.dialNow();
  }

  /** Best effort: dropped when the link is down or too much is buffered. The protocol repairs. */
  send(message: Message): void {
    const peer = this.#peers.get(message.to);
    assert(peer !== undefined, 'a message to this node itself or to a stranger', () => message.to);
    peer.link.send(message);
  }

  flush(): void {
    writeWaitingFrames();
  }

  /** Takes over a connection that a peer has opened; the handshake has proved who it is. A newer one replaces an older. */
  accept(id: NodeId, socket: WebSocket): void {
    const peer = this.#peers.get(id);
    if (peer === undefined || this.#closed) {
      socket.terminate();
      return;
    }
    const replaced = peer.incoming;
    const { self, log, onMessage, pingMs = PING_MS } = this.#options;
    const incoming = new PeerSocket(socket, {
      self,
      peer: id,
      pingMs,
      log,
      onMessage,
      onClose: () => {
        if (peer.incoming !== incoming) return;
        peer.incoming = null;
        this.#lost(id, peer);
      },
    });
    peer.incoming = incoming;
    peer.lossTold = false;
    this.#tellReached(peer);
    replaced?.terminate();
    // It lives: a wait that has grown long while it was away need not be sat out.
    peer.link.dialNow();
  }

  links(): readonly LinkStatus[] {
    return [...this.#peers].map(([peer, { link }]) => ({
      peer,
      connected: link.isOpen,
      rttMs: link.rttMs,
      queuedBytes: link.queuedBytes,
    }));
  }

  close(): void {
    this.#closed = true;
    for (const { link, incoming } of this.#peers.values()) {
      link.close();
      incoming?.close();
    }
  }

  #createLink(peer: PeerAddress): PeerLink {
    const { self, clusterId, leases = false, token, tls, random, log } = this.#options;
    return new PeerLink({
      self,
      peer,
      clusterId,
      leases,
      token,
      tls,
      log,
      random: random.fork(peer.id),
      pingMs: this.#options.pingMs ?? PING_MS,
      onOpen: () => {
        const entry = this.#peers.get(peer.id);
        if (entry !== undefined) entry.lossTold = false;
        this.#options.onPeerOpen?.(peer.id);
        if (entry !== undefined) this.#tellReached(entry);
      },
      onLost: () => {
        const entry = this.#peers.get(peer.id);
        if (entry !== undefined) this.#lost(peer.id, entry);
      },
    });
  }

  #tellReached(peer: Peer): void {
    if (!isReached(peer)) return;
    this.#options.onReached?.([...this.#peers.values()].filter(isReached).length);
  }

  #lost(id: NodeId, peer: Peer): void {
    if (this.#closed || peer.lossTold) return;
    peer.lossTold = true;
    this.#options.onPeerClosed?.(id);
  }
}

function isReached({ link, incoming }: Peer): boolean {
  return link.isOpen && incoming !== null;
}

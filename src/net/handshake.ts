/** Who may open a connection: decided on the HTTP upgrade, before any WebSocket exists. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type NodeId, nodeId } from '../base/brand.ts';

/** A caller whose token was right. */
export type Identity = { readonly role: 'client' | 'admin' } | { readonly role: 'peer'; readonly node: NodeId };

export const PEER_HEADERS = {
  cluster: 'x-raftkv-cluster',
  node: 'x-raftkv-node',
  target: 'x-raftkv-target',
  leases: 'x-raftkv-leases',
} as const;

export type Verdict =
  | { readonly ok: true; readonly identity: Identity }
  /** `hint` is for the person who sees the answer; it never says what would have been right. */
  | { readonly ok: false; readonly status: number; readonly hint: string };

export interface HandshakeRules {
  readonly self: NodeId;
  readonly clusterId: string;
  /** All members, this one included. */
  readonly members: readonly NodeId[];
  readonly tokens: { readonly client: string; readonly admin: string; readonly peer: string };
  /** Names beside the loopback ones by which this node may be called, lower case, without port. */
  readonly hostNames: readonly string[];
  /** Whether votes are withheld for leases. Where members differ in that, a lease would prove nothing. */
  readonly leases?: boolean;
  /** Peers prove their id by certificate as well. */
  readonly peerCertificates: boolean;
}

const LOOPBACK_NAMES: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];
const MAX_HEADERS = 100;
const BEARER = /^bearer ([A-Za-z0-9._~+/=-]{1,256})$/i;

export class Handshake {
  readonly #rules: HandshakeRules;
  readonly #hostNames: ReadonlySet<string>;
  readonly #digests: readonly { readonly role: Identity['role']; readonly digest: Buffer }[];

  constructor(rules: HandshakeRules) {
    this.#rules = rules;
    this.#hostNames = new Set([...LOOPBACK_NAMES, ...rules.hostNames]);
    this.#digests = (['client', 'admin', 'peer'] as const).map((role) => ({ role, digest: digestOf(rules.tokens[role]) }));
  }

  judge(request: IncomingMessage): Verdict {
    const refusal = this.#misuse(request);
    if (refusal !== null) return refusal;
    const role = this.#roleOf(request.headers.authorization);
    if (role === null) return refuse(401, 'send the token of this cluster as "Authorization: Bearer TOKEN"');
    return role === 'peer' ? this.#judgePeer(request) : { ok: true, identity: { role } };
  }

  /** What no client of ours does: web pages do, and programs that mistook the port. */
  #misuse({ headers, method, url, rawHeaders }: IncomingMessage): Verdict | null {
    if (rawHeaders.length > 2 * MAX_HEADERS) return refuse(431, 'too many headers');
    // Any page in a browser may open a WebSocket to this machine; browsers always say where the page comes from.
    const fromBrowser = headers.origin !== undefined || Object.keys(headers).some((name) => name.startsWith('sec-fetch-'));
    if (fromBrowser) return refuse(403, 'browsers are not welcome here');
    // A name under someone else's control may be made to point at this machine (DNS rebinding).
    if (!this.#hostNames.has(hostName(headers.host ?? ''))) return refuse(403, 'not called by a name of this node');
    if (method !== 'GET') return refuse(405, 'a WebSocket handshake is a GET');
    if (url !== '/') return refuse(404, 'the only path is "/", without a query; the token belongs in the Authorization header');
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      return refuse(400, 'a WebSocket handshake has no body');
    }
    return null;
  }

  /** Compares with every token, so that the time tells nothing. */
  #roleOf(authorization: string | undefined): Identity['role'] | null {
    const token = BEARER.exec(authorization ?? '')?.[1];
    if (token === undefined) return null;
    const presented = digestOf(token);
    let found: Identity['role'] | null = null;
    for (const { role, digest } of this.#digests) if (timingSafeEqual(digest, presented)) found = role;
    return found;
  }

  #judgePeer({ headers, socket }: IncomingMessage): Verdict {
    const { self, clusterId, leases = false, members, peerCertificates } = this.#rules;
    if (headers[PEER_HEADERS.cluster] !== clusterId) return refuse(403, 'a peer of another cluster');
    if (headers[PEER_HEADERS.target] !== self) return refuse(403, 'this is another node than the one that was meant');
    if ((headers[PEER_HEADERS.leases] === 'on') !== leases) return refuse(403, 'leaseReads must be the same at all members');
    const name = headers[PEER_HEADERS.node];
    if (typeof name !== 'string' || name === self || !members.includes(nodeId(name))) return refuse(403, 'not a member');
    if (peerCertificates && !hasCertificateFor(name, socket as TLSSocket)) return refuse(403, 'no certificate of that member');
    return { ok: true, identity: { role: 'peer', node: nodeId(name) } };
  }
}

function refuse(status: number, hint: string): Verdict {
  return { ok: false, status, hint };
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The Host header without its port, lower case; an IPv6 address keeps its brackets. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}

/** The certificate was signed by the cluster's own authority and names the node as a DNS subject alternative name. */
function hasCertificateFor(name: string, socket: TLSSocket): boolean {
  if (socket.authorized !== true) return false;
  const names = socket.getPeerCertificate().subjectaltname ?? '';
  return names.split(', ').includes(`DNS:${name}`);
}

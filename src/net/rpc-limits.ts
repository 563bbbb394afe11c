/** What holds for a connection by who is at its other end. */
import { LIMITS } from '../base/limits.ts';
import { CLIENT_FRAMES, type FrameBounds, PEER_FRAMES, REPLY_FRAMES } from '../wire/guard.ts';

/** A caller with a token of that role, or a server that this program dialled. */
export type RemoteRole = 'client' | 'admin' | 'peer' | 'server';

export interface RpcLimits {
  readonly inflightCalls: number;
  readonly inflightBytes: number;
  readonly pendingRequests: number;
  readonly sendBufferBytes: number;
  readonly pingMs: number;
  readonly frames: FrameBounds;
}

const FRAMES: Readonly<Record<RemoteRole, FrameBounds>> = {
  client: CLIENT_FRAMES,
  admin: CLIENT_FRAMES,
  peer: PEER_FRAMES,
  server: REPLY_FRAMES,
};

export function rpcLimits(role: RemoteRole): RpcLimits {
  return {
    inflightCalls: LIMITS.inflightPerConnection,
    inflightBytes: LIMITS.inflightPerConnectionBytes,
    pendingRequests: LIMITS.pendingRequests,
    sendBufferBytes: role === 'peer' ? LIMITS.peerSendBufferBytes : LIMITS.sendBufferBytes,
    pingMs: LIMITS.pingMs,
    frames: FRAMES[role],
  };
}

import { LIMITS } from '../base/limits.ts';

/** Time for a closing handshake before the socket is cut. */
const CLOSE_MS = 2_000;

/**
 * The same bounds on both ends of every connection. No compression: it costs time and memory, and a small frame may unfold
 * into a large one. The library's own defaults are for friendly networks.
 */
export function wsLimits(maxPayload: number) {
  return {
    perMessageDeflate: false,
    maxPayload,
    maxFragments: LIMITS.wsFragments,
    maxBufferedChunks: LIMITS.wsBufferedChunks,
    closeTimeout: CLOSE_MS,
    skipUTF8Validation: false,
  } as const;
}

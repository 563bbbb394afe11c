/**
 * The table of errors that cross the wire. `definite` means: the operation did not happen and never will;
 * `unknown` means: it may have happened, or may still happen. A client may repeat an unknown write only within
 * the same session and sequence (Raft dissertation §6.3; the split follows Maelstrom's protocol).
 */
export const ERRORS = {
  PARSE_ERROR: { code: -32700, outcome: 'definite', message: 'The frame is not JSON.' },
  INVALID_REQUEST: { code: -32600, outcome: 'definite', message: 'The frame is not a JSON-RPC 2.0 request.' },
  METHOD_NOT_FOUND: { code: -32601, outcome: 'definite', message: 'There is no such method; rpc.discover lists them.' },
  INVALID_PARAMS: { code: -32602, outcome: 'definite', message: 'The parameters do not fit the method.' },
  INTERNAL: { code: -32603, outcome: 'unknown', message: 'The node met an internal error; its log has the details.' },
  NOT_LEADER: { code: -32001, outcome: 'definite', message: 'This node does not lead.' },
  OVERLOADED: { code: -32002, outcome: 'definite', message: 'Too much is waiting; try again after retryAfterMs.' },
  UNKNOWN_OUTCOME: { code: -32003, outcome: 'unknown', message: 'No answer in time; the operation may have been applied.' },
  NO_QUORUM: { code: -32004, outcome: 'definite', message: 'No leader with a majority is in reach; nothing was proposed.' },
  TOO_LARGE: { code: -32005, outcome: 'definite', message: 'A key, a value or a frame is over its limit.' },
  UNAUTHENTICATED: { code: -32006, outcome: 'definite', message: 'The bearer token is missing or wrong.' },
  FORBIDDEN: { code: -32007, outcome: 'definite', message: 'This token may not call this method.' },
  COMPACTED: { code: -32008, outcome: 'definite', message: 'The requested history has been compacted.' },
  STORAGE_FULL: { code: -32009, outcome: 'definite', message: 'The disk is full; writes are refused.' },
  SHUTTING_DOWN: { code: -32010, outcome: 'definite', message: 'The node is shutting down.' },
  SESSION_EXPIRED: {
    code: -32011,
    outcome: 'unknown',
    message: 'The session has forgotten this sequence; whether it was applied is no longer known.',
  },
} as const satisfies Record<string, { code: number; outcome: 'definite' | 'unknown'; message: string }>;

export type ErrorKind = keyof typeof ERRORS;
export type Outcome = 'definite' | 'unknown';

/** What an error may carry beside its message, by kind: all optional, all safe to show. */
export interface ErrorData {
  readonly leader?: string | null;
  readonly url?: string | null;
  readonly retryAfterMs?: number;
  /** With COMPACTED: the oldest revision that can still be read there. */
  readonly compactedBelow?: number;
  readonly detail?: string;
}

/** An operating failure that a client is told of. Bugs are InvariantViolation instead. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly kind: ErrorKind;
  readonly data: ErrorData;

  constructor(kind: ErrorKind, data: ErrorData = {}) {
    super(data.detail ?? ERRORS[kind].message);
    this.kind = kind;
    this.data = data;
  }

  get code(): number {
    return ERRORS[this.kind].code;
  }

  get outcome(): Outcome {
    return ERRORS[this.kind].outcome;
  }
}

const KIND_BY_CODE = new Map<number, ErrorKind>(Object.entries(ERRORS).map(([kind, row]) => [row.code, kind as ErrorKind]));

/** The kind for a JSON-RPC error code; null for a code that is not ours. */
export function errorKindOf(code: number): ErrorKind | null {
  return KIND_BY_CODE.get(code) ?? null;
}

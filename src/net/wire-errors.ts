/** Failures as they cross the wire: out of an RpcError, and back into one. Nothing else of an error ever leaves the node. */
import { ERRORS, type ErrorData, type ErrorKind, errorKindOf, RpcError } from '../base/errors.ts';
import type { Reply, RequestKey } from '../wire/guard.ts';

const TEXT_LENGTH = 512;

export interface ErrorReply {
  readonly jsonrpc: '2.0';
  readonly id: RequestKey | null;
  readonly error: { readonly code: number; readonly message: string; readonly data: object };
}

/** `data` carries the kind and the outcome in words too, so that a person with wscat need not look up a number. */
export function errorReply(id: RequestKey | null, kind: ErrorKind, data: ErrorData = {}): ErrorReply {
  const { code, message, outcome } = ERRORS[kind];
  return { jsonrpc: '2.0', id, error: { code, message, data: { kind, outcome, ...data } } };
}

/** An error of a code that is not in our table counts as unknown: it may come from another version. */
export function errorFromReply(error: NonNullable<Reply['error']>): RpcError {
  const kind = errorKindOf(error.code);
  if (kind === null) return new RpcError('INTERNAL', { detail: `unknown error code ${error.code}` });
  return new RpcError(kind, errorData(error.data));
}

function errorData(data: unknown): ErrorData {
  if (typeof data !== 'object' || data === null) return {};
  const { leader, url, retryAfterMs, compactedBelow, detail } = data as Readonly<Record<string, unknown>>;
  return {
    ...(isShortText(leader) || leader === null ? { leader } : {}),
    ...(isShortText(url) || url === null ? { url } : {}),
    ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 && retryAfterMs <= 60_000 ? { retryAfterMs } : {}),
    ...(Number.isSafeInteger(compactedBelow) && Number(compactedBelow) >= 0 ? { compactedBelow: Number(compactedBelow) } : {}),
    ...(isShortText(detail) ? { detail } : {}),
  };
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_LENGTH;
}

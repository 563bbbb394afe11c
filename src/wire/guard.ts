/** The check of every frame before anything else sees it: size, shape, then the JSON-RPC 2.0 envelope, member by member. */
import type { ErrorKind } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { isSlight, type ScanBounds, shapeProblem } from './scan.ts';

export type RequestKey = string | number;

/** A request, or a notification when `id` is absent. Nothing is known yet about the method and the parameters. */
export interface Call {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly id?: RequestKey;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** An answer: exactly one of `result` and `error`. The id is null when the other end could not read ours. */
export interface Reply {
  readonly jsonrpc: '2.0';
  readonly id: RequestKey | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface FrameBounds extends ScanBounds {
  /** Size of a frame in bytes of UTF-8; the socket refuses larger ones before they are whole. */
  readonly bytes: number;
}

/** What clients send. */
export const CLIENT_FRAMES: FrameBounds = { bytes: LIMITS.frameBytes, depth: LIMITS.frameDepth, tokens: LIMITS.frameTokens };
/** What an authenticated peer sends: an append of many entries. */
export const PEER_FRAMES: FrameBounds = { bytes: LIMITS.peerFrameBytes, depth: LIMITS.frameDepth, tokens: LIMITS.frameTokens };
/** What a node answers. */
export const REPLY_FRAMES: FrameBounds = {
  bytes: LIMITS.replyFrameBytes,
  depth: LIMITS.replyFrameDepth,
  tokens: LIMITS.replyFrameTokens,
};

export type Guarded =
  | { readonly type: 'calls'; readonly batch: boolean; readonly calls: readonly Call[] }
  | { readonly type: 'replies'; readonly replies: readonly Reply[] }
  | {
      readonly type: 'refused';
      readonly kind: ErrorKind;
      readonly detail: string;
      /** The id to answer to, when it could be read. */
      readonly id: RequestKey | null;
      /** No honest program sends this: close the connection. */
      readonly fatal: boolean;
    };

/** Never throws. A batch is taken whole or refused whole, so nothing of a refused frame has happened. */
export function guardFrame(text: string, bounds: FrameBounds): Guarded {
  if (text.length > bounds.bytes) return refused('TOO_LARGE', `a frame may take ${bounds.bytes} bytes`, null, true);
  const shape = isSlight(text, bounds) ? null : shapeProblem(text, bounds);
  if (shape === 'too-deep') return refused('INVALID_REQUEST', `nested deeper than ${bounds.depth}`, null, true);
  if (shape === 'too-many-tokens') return refused('INVALID_REQUEST', `more than ${bounds.tokens} tokens`, null, true);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refused('PARSE_ERROR', 'not JSON', null);
  }
  if (!Array.isArray(parsed)) return isReply(parsed) ? guardReplies([parsed]) : guardCalls([parsed], false);
  const items: readonly unknown[] = parsed;
  if (items.length === 0) return refused('INVALID_REQUEST', 'an empty batch', null);
  if (items.length > LIMITS.batchCalls) {
    return refused('INVALID_REQUEST', `a batch may hold ${LIMITS.batchCalls} calls`, null, true);
  }
  return items.every(isReply) ? guardReplies(items) : guardCalls(items, true);
}

function refused(kind: ErrorKind, detail: string, id: RequestKey | null, fatal = false): Guarded {
  return { type: 'refused', kind, detail, id, fatal };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isRequestKey(value: unknown): value is RequestKey {
  if (typeof value === 'string') return value.length <= LIMITS.requestIdLength && value.isWellFormed();
  return Number.isSafeInteger(value);
}

function guardCalls(items: readonly unknown[], batch: boolean): Guarded {
  const calls: Call[] = [];
  for (const item of items) {
    const problem = callProblem(item);
    if (problem !== null) {
      const id = !batch && isObject(item) && isRequestKey(item['id']) ? item['id'] : null;
      return refused(problem.startsWith('params') ? 'INVALID_PARAMS' : 'INVALID_REQUEST', problem, id);
    }
    calls.push(item as Call);
  }
  if (batch && new Set(calls.map((call) => call.id ?? calls)).size < countIds(calls)) {
    return refused('INVALID_REQUEST', 'two calls of a batch have the same id', null);
  }
  return { type: 'calls', batch, calls };
}

/** Distinct values expected: one for each id, and one for all notifications together. */
function countIds(calls: readonly Call[]): number {
  const named = calls.filter((call) => call.id !== undefined).length;
  return named < calls.length ? named + 1 : named;
}

function callProblem(item: unknown): string | null {
  if (!isObject(item)) return 'a call is an object';
  for (const member of Object.keys(item)) {
    switch (member) {
      case 'jsonrpc':
        if (item[member] !== '2.0') return '`jsonrpc` must be "2.0"';
        break;
      case 'method':
        break;
      case 'id':
        if (!isRequestKey(item[member])) return `\`id\` must be a string of at most ${LIMITS.requestIdLength} or a safe integer`;
        break;
      case 'params':
        if (!isObject(item[member])) return 'params must be an object; positions are not used';
        break;
      default:
        return 'a call has only jsonrpc, method, id and params';
    }
  }
  if (item['jsonrpc'] === undefined) return '`jsonrpc` is missing';
  const method = item['method'];
  if (typeof method !== 'string') return '`method` must be a string';
  return method.length <= LIMITS.methodLength ? null : 'there is no method with so long a name';
}

/** Told apart from a call by its members alone; guardReplies looks closer. */
function isReply(item: unknown): boolean {
  return isObject(item) && item['method'] === undefined && (item['result'] !== undefined || item['error'] !== undefined);
}

function guardReplies(items: readonly unknown[]): Guarded {
  const replies: Reply[] = [];
  for (const item of items) {
    if (!isWellFormedReply(item)) return refused('INVALID_REQUEST', 'not a JSON-RPC 2.0 answer', null);
    replies.push(item);
  }
  return { type: 'replies', replies };
}

function isWellFormedReply(item: unknown): item is Reply {
  if (!isObject(item) || item['jsonrpc'] !== '2.0') return false;
  if (item['id'] !== null && !isRequestKey(item['id'])) return false;
  const error = item['error'];
  if (error === undefined) return item['result'] !== undefined;
  if (item['result'] !== undefined || !isObject(error)) return false;
  return Number.isSafeInteger(error['code']) && typeof error['message'] === 'string';
}

/**
 * The frames that carry the load, `kv.get` and `kv.put` with their answers, written and read by position: JSON's own writer and
 * parser cost more than all else that is done for them. What is not exactly as it is written here goes the long way, through
 * guard.ts, and means the same; parameters and results are checked afterwards in either case.
 */
import { Cursor } from './cursor.ts';
import { type FrameBounds, type Guarded, guardFrame } from './guard.ts';
import { quote } from './quote.ts';

const HEAD = '{"jsonrpc":"2.0","id":';
const GET = ',"method":"kv.get","params":{"key":';
const PUT = ',"method":"kv.put","params":{"key":';
const RESULT = ',"result":{';

type Members = Readonly<Record<string, unknown>>;

/** A request as JSON-RPC 2.0 writes it. `params` holds what JSON can say. */
export function callText(id: number, method: string, params: object): string {
  const text =
    method === 'kv.get' ? getParamsText(params as Members) : method === 'kv.put' ? putParamsText(params as Members) : null;
  return `${HEAD}${id},"method":${quote(method)},"params":${text ?? JSON.stringify(params)}}`;
}

/** The answer to request `id`. `result` holds what JSON can say. */
export function resultText(id: string | number, method: string, result: unknown): string {
  const isLoad = typeof result === 'object' && result !== null;
  const text = isLoad && method === 'kv.get' ? getResultText(result as Members) : null;
  return `${HEAD}${typeof id === 'number' ? id : JSON.stringify(id)},"result":${text ?? JSON.stringify(result) ?? null}}`;
}

/** Any frame, as `guardFrame` sees it. */
export function readFrame(text: string, bounds: FrameBounds): Guarded {
  return (text.length <= bounds.bytes ? loadFrame(text) : null) ?? guardFrame(text, bounds);
}

/** A frame of the load exactly as `callText` or `resultText` writes it; null for every other text. Nothing is known yet of the values. */
export function loadFrame(text: string): Guarded | null {
  if (!text.startsWith(HEAD)) return null;
  const cursor = new Cursor(text, HEAD.length);
  const id = cursor.number();
  if (cursor.takes(RESULT)) {
    const result = cursor.takes('"kv":') ? getResult(cursor) : putResult(cursor);
    return cursor.isThrough ? { type: 'replies', replies: [{ jsonrpc: '2.0', id, result }] } : null;
  }
  const method = cursor.takes(GET) ? 'kv.get' : cursor.takes(PUT) ? 'kv.put' : null;
  if (method === null) return null;
  const params = method === 'kv.get' ? getParams(cursor) : putParams(cursor);
  return cursor.isThrough ? { type: 'calls', batch: false, calls: [{ jsonrpc: '2.0', id, method, params }] } : null;
}

/** The id of what begins as a single call of a `kv` method, as `callText` writes it; null for any other text. The rest is not looked at. */
export function loadId(text: string): number | null {
  if (!text.startsWith(HEAD)) return null;
  const cursor = new Cursor(text, HEAD.length);
  const id = cursor.number();
  cursor.word(',"method":"kv.');
  return cursor.isGood ? id : null;
}

function getParamsText({ key, revision, consistency, forward, deadlineMs }: Members): string | null {
  if (revision !== undefined || typeof key !== 'string' || !Number.isSafeInteger(deadlineMs)) return null;
  if (consistency !== 'linearizable' || typeof forward !== 'boolean') return null;
  return `{"key":${quote(key)},"consistency":"linearizable","forward":${forward},"deadlineMs":${deadlineMs}}`;
}

function getParams(cursor: Cursor): Members {
  const key = cursor.string();
  cursor.word(',"consistency":"linearizable","forward":');
  const forward = cursor.flag();
  cursor.word(',"deadlineMs":');
  const deadlineMs = cursor.number();
  cursor.word('}}');
  return { key, consistency: 'linearizable', forward, deadlineMs };
}

function putParamsText({ key, value, session, sequence, acknowledged, forward, deadlineMs }: Members): string | null {
  if (typeof key !== 'string' || typeof value !== 'string' || typeof forward !== 'boolean') return null;
  if (!Number.isSafeInteger(session) || !Number.isSafeInteger(sequence) || !Number.isSafeInteger(acknowledged)) return null;
  if (!Number.isSafeInteger(deadlineMs)) return null;
  const request = `"session":${session},"sequence":${sequence},"acknowledged":${acknowledged}`;
  return `{"key":${quote(key)},"value":${JSON.stringify(value)},${request},"forward":${forward},"deadlineMs":${deadlineMs}}`;
}

function putParams(cursor: Cursor): Members {
  const key = cursor.string();
  cursor.word(',"value":');
  const value = cursor.string();
  cursor.word(',"session":');
  const session = cursor.number();
  cursor.word(',"sequence":');
  const sequence = cursor.number();
  cursor.word(',"acknowledged":');
  const acknowledged = cursor.number();
  cursor.word(',"forward":');
  const forward = cursor.flag();
  cursor.word(',"deadlineMs":');
  const deadlineMs = cursor.number();
  cursor.word('}}');
  return { key, value, session, sequence, acknowledged, forward, deadlineMs };
}

function getResultText({ kv, revision }: Members): string | null {
  if (!Number.isSafeInteger(revision)) return null;
  if (kv === null) return `{"kv":null,"revision":${revision}}`;
  if (typeof kv !== 'object' || kv === undefined) return null;
  const { key, value, createRevision, modRevision, version } = kv as Members;
  if (typeof key !== 'string' || typeof value !== 'string') return null;
  if (!Number.isSafeInteger(createRevision) || !Number.isSafeInteger(modRevision) || !Number.isSafeInteger(version)) return null;
  const revisions = `"createRevision":${createRevision},"modRevision":${modRevision},"version":${version}`;
  return `{"kv":{"key":${quote(key)},"value":${JSON.stringify(value)},${revisions}},"revision":${revision}}`;
}

function getResult(cursor: Cursor): Members {
  if (cursor.takes('null')) return { kv: null, revision: lastRevision(cursor) };
  cursor.word('{"key":');
  const key = cursor.string();
  cursor.word(',"value":');
  const value = cursor.string();
  cursor.word(',"createRevision":');
  const createRevision = cursor.number();
  cursor.word(',"modRevision":');
  const modRevision = cursor.number();
  cursor.word(',"version":');
  const version = cursor.number();
  cursor.word('}');
  return { kv: { key, value, createRevision, modRevision, version }, revision: lastRevision(cursor) };
}

function lastRevision(cursor: Cursor): number {
  cursor.word(',"revision":');
  const revision = cursor.number();
  cursor.word('}}');
  return revision;
}

function putResult(cursor: Cursor): Members {
  cursor.word('"revision":');
  const revision = cursor.number();
  cursor.word(',"index":');
  const index = cursor.number();
  cursor.word(',"term":');
  const term = cursor.number();
  cursor.word('}}');
  return { revision, index, term };
}

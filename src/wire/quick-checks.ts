/**
 * The schemas of the calls that carry the load, and of what a console is told all the time, written out by hand: a few comparisons instead of a walk through a schema.
 * Each takes what its schema in methods.ts takes, with the same outcome, or says null: then the schema has the last word,
 * and the words for a refusal are always its own. test/wire/quick-checks.test.ts holds the two against each other.
 */
import type { LogIndex, Revision, Term } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { MethodName, ParamsOf, ResultOf } from './methods.ts';
import { logResult, statusEvent, statusOf } from './quick-status.ts';
import { exceedsBytes, isWellFormed } from './utf8.ts';

/** Members by name; nothing is known of any. */
type Members = Readonly<Record<string, unknown>>;

/** Checked parameters, defaults filled in; null when the schema must be asked. */
export function quickParams<M extends MethodName>(method: M, params: unknown): ParamsOf<M> | null {
  if (typeof params !== 'object' || params === null) return null;
  const members = params as Members;
  switch (method) {
    case 'kv.get':
      return getParams(members) as ParamsOf<M> | null;
    case 'kv.put':
      return putParams(members) as ParamsOf<M> | null;
    case 'kv.delete':
      return deleteParams(members) as ParamsOf<M> | null;
    case 'kv.cas':
      return casParams(members) as ParamsOf<M> | null;
    case 'kv.range':
      return rangeParams(members) as ParamsOf<M> | null;
    case 'node.event':
      return statusEvent(members) as ParamsOf<M> | null;
    default:
      return null;
  }
}

/** A checked result without the members that are not known; null when the schema must be asked. */
export function quickResult<M extends MethodName>(method: M, result: unknown): ResultOf<M> | null {
  if (typeof result !== 'object' || result === null) return null;
  const members = result as Members;
  switch (method) {
    case 'kv.get':
      return getResult(members) as ResultOf<M> | null;
    case 'kv.put':
      return putResult(members) as ResultOf<M> | null;
    case 'kv.delete':
      return deleteResult(members) as ResultOf<M> | null;
    case 'kv.cas':
      return casResult(members) as ResultOf<M> | null;
    case 'kv.range':
      return rangeResult(members) as ResultOf<M> | null;
    case 'node.log':
      return logResult(members) as ResultOf<M> | null;
    case 'node.status':
      return statusOf(members) as ResultOf<M> | null;
    default:
      return null;
  }
}

function getParams(members: Members): ParamsOf<'kv.get'> | null {
  const { key, revision, consistency = 'linearizable', deadlineMs, forward = true } = members;
  for (const name in members) if (name !== 'key' && !isReadMember(name)) return null;
  if (!isKey(key) || !isPast(revision) || !isConsistency(consistency)) return null;
  if (!isDeadline(deadlineMs) || typeof forward !== 'boolean') return null;
  return { key, revision, consistency, deadlineMs, forward };
}

function putParams(members: Members): ParamsOf<'kv.put'> | null {
  const { key, value, forward = true } = members;
  for (const name in members) if (name !== 'key' && name !== 'value' && !isWriteMember(name)) return null;
  if (!isKey(key) || !isValue(value) || !isWrite(members) || typeof forward !== 'boolean') return null;
  const { session, sequence, acknowledged, deadlineMs } = members;
  return { key, value, session, sequence, acknowledged, deadlineMs, forward };
}

function deleteParams(members: Members): ParamsOf<'kv.delete'> | null {
  const { key, forward = true } = members;
  for (const name in members) if (name !== 'key' && !isWriteMember(name)) return null;
  if (!isKey(key) || !isWrite(members) || typeof forward !== 'boolean') return null;
  const { session, sequence, acknowledged, deadlineMs } = members;
  return { key, session, sequence, acknowledged, deadlineMs, forward };
}

function casParams(members: Members): ParamsOf<'kv.cas'> | null {
  const { key, expect, value, forward = true } = members;
  for (const name in members) {
    if (name !== 'key' && name !== 'expect' && name !== 'value' && !isWriteMember(name)) return null;
  }
  if (!isKey(key) || !(expect === null || isValue(expect)) || !isValue(value)) return null;
  if (!isWrite(members) || typeof forward !== 'boolean') return null;
  const { session, sequence, acknowledged, deadlineMs } = members;
  return { key, expect, value, session, sequence, acknowledged, deadlineMs, forward };
}

const RANGE_MEMBERS: ReadonlySet<string> = new Set(['start', 'end', 'prefix', 'limit', 'reverse', 'keysOnly', 'countOnly']);

function rangeParams(members: Members): ParamsOf<'kv.range'> | null {
  const { start, end, prefix, limit, reverse, keysOnly, countOnly } = members;
  const { revision, consistency = 'linearizable', deadlineMs, forward = true } = members;
  for (const name in members) if (!RANGE_MEMBERS.has(name) && !isReadMember(name)) return null;
  if (!isBound(start) || !isBound(end) || !isBound(prefix)) return null;
  if (limit !== undefined && !(isCount(limit) && limit <= LIMITS.rangeRows)) return null;
  if (!isFlag(reverse) || !isFlag(keysOnly) || !isFlag(countOnly)) return null;
  if (!isPast(revision) || !isConsistency(consistency) || !isDeadline(deadlineMs) || typeof forward !== 'boolean') return null;
  return { start, end, prefix, limit, reverse, keysOnly, countOnly, revision, consistency, deadlineMs, forward };
}

function isReadMember(name: string): boolean {
  return name === 'revision' || name === 'consistency' || name === 'deadlineMs' || name === 'forward';
}

function isWriteMember(name: string): boolean {
  switch (name) {
    case 'session':
    case 'sequence':
    case 'acknowledged':
    case 'deadlineMs':
    case 'forward':
      return true;
    default:
      return false;
  }
}

interface WriteMembers {
  readonly session: number | undefined;
  readonly sequence: number | undefined;
  readonly acknowledged: number | undefined;
  readonly deadlineMs: number | undefined;
}

/** What all writes share: a name that is whole or absent, and a deadline. */
function isWrite(members: Members): members is Members & WriteMembers {
  const { session, sequence, acknowledged, deadlineMs } = members;
  if (!isDeadline(deadlineMs)) return false;
  if (session === undefined) return sequence === undefined && acknowledged === undefined;
  if (!isCount(session) || session < 1 || !isCount(sequence) || sequence < 1) return false;
  return acknowledged === undefined || (isCount(acknowledged) && acknowledged < sequence);
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && !exceedsBytes(value, LIMITS.keyBytes) && isWellFormed(value);
}

function isValue(value: unknown): value is string {
  return typeof value === 'string' && !exceedsBytes(value, LIMITS.valueBytes) && isWellFormed(value);
}

function isBound(value: unknown): value is string | undefined {
  return value === undefined || value === '' || isKey(value);
}

function isFlag(value: unknown): value is boolean | undefined {
  return value === undefined || typeof value === 'boolean';
}

function isPast(value: unknown): value is Revision | undefined {
  return value === undefined || isCount(value);
}

function isConsistency(value: unknown): value is 'linearizable' | 'lease' | 'stale' {
  return value === 'linearizable' || value === 'lease' || value === 'stale';
}

function isDeadline(value: unknown): value is number | undefined {
  return value === undefined || (isCount(value) && value >= 1 && value <= LIMITS.maxRequestDeadlineMs);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRevision(value: unknown): value is Revision {
  return isCount(value);
}

type KeyValue = NonNullable<ResultOf<'kv.get'>['kv']>;

function keyValue(value: unknown): KeyValue | null {
  if (typeof value !== 'object' || value === null) return null;
  const { key, value: text, createRevision, modRevision, version } = value as Members;
  if (typeof key !== 'string' || typeof text !== 'string') return null;
  if (!isRevision(createRevision) || !isRevision(modRevision) || !isCount(version) || version < 1) return null;
  return { key, value: text, createRevision, modRevision, version };
}

function getResult({ kv, revision }: Members): ResultOf<'kv.get'> | null {
  if (!isRevision(revision)) return null;
  if (kv === null) return { kv: null, revision };
  const found = keyValue(kv);
  return found === null ? null : { kv: found, revision };
}

function putResult({ revision, index, term }: Members): ResultOf<'kv.put'> | null {
  if (!isRevision(revision) || !isCount(index) || !isCount(term)) return null;
  return { revision, index: index as LogIndex, term: term as Term };
}

function deleteResult({ deleted, revision }: Members): ResultOf<'kv.delete'> | null {
  return typeof deleted === 'boolean' && isRevision(revision) ? { deleted, revision } : null;
}

function casResult({ swapped, current, revision }: Members): ResultOf<'kv.cas'> | null {
  if (typeof swapped !== 'boolean' || !isRevision(revision)) return null;
  return typeof current === 'string' || current === null ? { swapped, current, revision } : null;
}

function rangeResult({ kvs, count, more, revision }: Members): ResultOf<'kv.range'> | null {
  if (!Array.isArray(kvs) || !isCount(count) || typeof more !== 'boolean' || !isRevision(revision)) return null;
  const rows: KeyValue[] = [];
  for (const each of kvs) {
    const row = keyValue(each);
    if (row === null) return null;
    rows.push(row);
  }
  return { kvs: rows, count, more, revision };
}

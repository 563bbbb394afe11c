/**
 * A history falls apart into keys that can be judged alone: it is linearizable exactly if each part is (locality, Herlihy and
 * Wing 1990, section 3.2). A range ties the keys it touches together, those it did not find included.
 */
import { endOf, type HistoryRange, type Operation, writtenBy } from './history.ts';
import { compareByCodePoints, touchedKeys } from './key-span.ts';

export interface Group {
  /** In key order. Empty for ranges that touch no key of the history. */
  readonly keys: readonly string[];
  /** By time of call. */
  readonly operations: readonly Operation[];
  /** Whether a range ties the keys together. */
  readonly ranged: boolean;
}

/** Whether the order of real time binds the operation: it was answered, or it may have written something. */
export function isJudged(operation: Operation): boolean {
  if (operation.outcome === 'failed') return false;
  const reads = operation.op === 'get' || operation.op === 'range';
  return !reads || (operation.outcome === 'ok' && !operation.stale);
}

/** Smallest first. Operations that cannot matter are left out. */
export function groupsOf(history: readonly Operation[]): readonly Group[] {
  const judged = history.filter(isJudged);
  const sorted = keysOf(judged);
  const forest = new Forest();
  const touched = new Map<string, readonly string[]>();
  for (const operation of judged) {
    if (operation.op === 'range') forest.join(remembered(touched, sorted, operation.range));
  }
  const members = new Map<string, { keys: string[]; operations: Operation[]; ranged: boolean }>();
  const memberOf = (root: string): { keys: string[]; operations: Operation[]; ranged: boolean } => {
    const found = members.get(root) ?? { keys: [], operations: [], ranged: false };
    members.set(root, found);
    return found;
  };
  for (const key of sorted) memberOf(`=${forest.rootOf(key)}`).keys.push(key);
  for (const operation of judged) {
    const key = operation.op === 'range' ? remembered(touched, sorted, operation.range)[0] : operation.key;
    const member = memberOf(key === undefined ? '' : `=${forest.rootOf(key)}`);
    member.operations.push(operation);
    member.ranged ||= operation.op === 'range';
  }
  return [...members.values()]
    .map((group) => ({ ...group, operations: withoutUnseen(group.operations, group.keys).sort((a, b) => a.call - b.call) }))
    .sort((a, b) => a.operations.length - b.operations.length);
}

function keysOf(operations: readonly Operation[]): readonly string[] {
  const keys = new Set<string>();
  for (const operation of operations) {
    if (operation.op !== 'range') keys.add(operation.key);
    else for (const { key } of operation.result?.kvs ?? []) keys.add(key);
  }
  return [...keys].sort(compareByCodePoints);
}

/** Clients ask for the same few ranges again and again. */
function remembered(memo: Map<string, readonly string[]>, sorted: readonly string[], range: HistoryRange): readonly string[] {
  const name = JSON.stringify([range.start, range.end, range.prefix]);
  const known = memo.get(name) ?? touchedKeys(sorted, { ...range, reverse: false });
  memo.set(name, known);
  return known;
}

/** What was seen of one key: values, null for its absence, and whether somebody saw less than the whole truth. */
interface Seen {
  readonly values: Set<string | null>;
  partly: boolean;
}

/**
 * An unknown write whose value nobody saw needs no place: an order with it is an order without it. Not so where a reply told
 * of the key's existence or of a difference only, or where another unknown cas might build on the value.
 */
function withoutUnseen(operations: readonly Operation[], keys: readonly string[]): Operation[] {
  const unknown = operations.some(({ outcome }) => outcome === 'unknown');
  if (!unknown) return [...operations];
  const seen = new Map<string, Seen>(keys.map((key) => [key, { values: new Set(), partly: false }]));
  const touched = new Map<string, readonly string[]>();
  for (const operation of operations) {
    if (operation.op !== 'range') look(operation, seen.get(operation.key));
    else lookAtRange(operation, remembered(touched, keys, operation.range), seen);
  }
  return operations.filter((operation) => {
    if (endOf(operation) !== Number.POSITIVE_INFINITY || operation.op === 'range') return true;
    const of = seen.get(operation.key);
    const value = writtenBy(operation);
    return of === undefined || value === undefined || of.partly || of.values.has(value);
  });
}

function look(operation: Exclude<Operation, { op: 'range' }>, seen: Seen | undefined): void {
  if (seen === undefined) return;
  if (operation.op === 'get' && operation.result !== null) seen.values.add(operation.result.value);
  if (operation.op === 'delete' && operation.result !== null) {
    if (operation.result.deleted === true) seen.partly = true;
    if (operation.result.deleted === false) seen.values.add(null);
  }
  if (operation.op !== 'cas') return;
  const { result } = operation;
  if (result === null || result.swapped) seen.values.add(operation.expect);
  else if (result.current === undefined) seen.partly = true;
  else seen.values.add(result.current);
}

function lookAtRange(operation: Operation & { op: 'range' }, keys: readonly string[], seen: ReadonlyMap<string, Seen>): void {
  const { range, result } = operation;
  if (result === null) return;
  const rows = new Map(result.kvs.map(({ key, value }) => [key, value]));
  const whole = result.more !== true && range.limit === 0 && !range.countOnly && !range.keysOnly;
  for (const key of keys) {
    const of = seen.get(key);
    if (of === undefined) continue;
    if (whole) of.values.add(rows.get(key) ?? null);
    else of.partly = true;
  }
}

/** Disjoint sets of keys. */
class Forest {
  readonly #parents = new Map<string, string>();

  rootOf(key: string): string {
    let root = key;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root)) root = up;
    for (let at = key; at !== root; ) {
      const up = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = up;
    }
    return root;
  }

  join(keys: readonly string[]): void {
    const [first] = keys;
    if (first === undefined) return;
    const root = this.rootOf(first);
    for (const key of keys) {
      const other = this.rootOf(key);
      if (other !== root) this.#parents.set(other, root);
    }
  }
}

/** A cluster without a cluster: a picture that a test sets, events it emits, a store in memory, and a list of what was asked. */
import { logIndex, type NodeId, revision, term } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import type {
  ActionResult,
  Capability,
  ChecksPicture,
  ClusterAction,
  ClusterDriver,
  ClusterEvent,
  ClusterPicture,
  KvClient,
  RetriedWrite,
  WatchEvent,
} from '../../src/cluster/driver.ts';
import type { KeyValue, RangeQuery, RangeResult } from '../../src/kv/commands.ts';
import type { Version } from '../../src/kv/history.ts';
import type { HistoryResult } from '../../src/kv/key-history.ts';
import type { LogRow } from '../../src/replica/status.ts';
import { FAKE_NOW, fakeFault, fakePicture } from './fake-picture.ts';

export const ALL_CAPABILITIES: ReadonlySet<Capability> = new Set([
  'process-faults',
  'link-faults',
  'transfer-leadership',
  'stop-cluster',
  'detach',
]);

export class FakeDriver implements ClusterDriver {
  capabilities: ReadonlySet<Capability> = ALL_CAPABILITIES;
  ownsNodes = true;
  readonly kv: FakeKv = new FakeKv();
  /** Every action asked for, in order. */
  readonly acted: ClusterAction[] = [];
  readonly calls: string[] = [];
  /** What `act` does instead of its simple imitation. */
  /** When the next fault is set. */
  wall: () => number = () => FAKE_NOW;
  onAct: ((action: ClusterAction) => Promise<ActionResult>) | null = null;
  /** What `logRows` answers. */
  rows: readonly LogRow[] = [];
  #picture: ClusterPicture;
  #listeners = new Set<() => void>();
  #eventListeners = new Set<(event: ClusterEvent) => void>();
  #checks: ChecksPicture | null = null;
  #checksListeners = new Set<() => void>();
  #faults = 0;
  #seq = 0;

  constructor(picture: ClusterPicture = fakePicture()) {
    this.#picture = picture;
  }

  picture(): ClusterPicture {
    return this.#picture;
  }

  /** Replaces the picture and tells everyone at once. */
  setPicture(picture: ClusterPicture): void {
    this.#picture = picture;
    for (const listener of [...this.#listeners]) listener();
  }

  emit(event: Partial<ClusterEvent> & { readonly text: string }): void {
    this.#seq += 1;
    const whole: ClusterEvent = {
      seq: this.#seq,
      time: FAKE_NOW + this.#seq * 100,
      node: null,
      kind: 'note',
      severity: 'info',
      fault: null,
      ...event,
    };
    for (const listener of [...this.#eventListeners]) listener(whole);
  }

  async refresh(): Promise<void> {
    this.calls.push('refresh');
  }

  onPicture(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** How many still listen: zero after a console has gone. */
  get listeners(): number {
    return this.#listeners.size + this.#eventListeners.size + this.#checksListeners.size;
  }

  checks(): ChecksPicture | null {
    return this.#checks;
  }

  noteAcknowledged(): void {}

  onChecks(listener: () => void): () => void {
    this.#checksListeners.add(listener);
    return () => this.#checksListeners.delete(listener);
  }

  /** Replaces the verdicts and tells everyone at once. */
  setChecks(checks: ChecksPicture): void {
    this.#checks = checks;
    for (const listener of [...this.#checksListeners]) listener();
  }

  async logRows(_node: NodeId, from: number, limit: number): Promise<readonly LogRow[]> {
    return this.rows.filter((row) => row.index >= from).slice(0, Math.min(limit, 256));
  }

  async act(action: ClusterAction): Promise<ActionResult> {
    this.acted.push(action);
    if (this.onAct !== null) return this.onAct(action);
    return this.#imitate(action);
  }

  detach(): void {
    this.calls.push('detach');
    this.ownsNodes = false;
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }

  #imitate(action: ClusterAction): ActionResult {
    switch (action.type) {
      case 'kill':
        this.#setState(action.nodes, 'down');
        return this.#fault(`kill ${action.nodes.join(',')}`, `killed ${action.nodes.join(', ')}`);
      case 'pause':
        this.#setState(action.nodes, 'paused');
        return this.#fault(`pause ${action.nodes.join(',')}`, `paused ${action.nodes.join(', ')}`);
      case 'isolate':
        return this.#fault(`isolate ${action.nodes.join(',')}`, `isolated ${action.nodes.join(', ')}`);
      case 'partition':
        return this.#fault(`partition ${action.groups.map((group) => group.join(',')).join(' / ')}`, 'partitioned the cluster');
      case 'link':
        return this.#fault(
          `link ${action.from} ${action.to} --drop ${action.drop}`,
          `changed the link ${action.from} to ${action.to}`,
        );
      case 'restart':
      case 'resume':
        this.#setState(action.nodes, 'up');
        return { text: `${action.type === 'restart' ? 'restarted' : 'resumed'} ${action.nodes.join(', ')}`, fault: null };
      case 'heal':
        return this.#heal(action.fault);
      case 'undo':
        return this.#heal(this.#picture.faults.at(-1)?.id ?? null);
      default:
        return { text: `did ${action.type}`, fault: null };
    }
  }

  #fault(command: string, text: string): ActionResult {
    this.#faults += 1;
    const fault = fakeFault(this.#faults, command, { since: this.wall() });
    this.setPicture({ ...this.#picture, faults: [...this.#picture.faults, fault] });
    return { text, fault: fault.id };
  }

  #heal(id: number | null): ActionResult {
    const healed = this.#picture.faults.filter((fault) => id === null || fault.id === id);
    if (healed.length === 0) return { text: 'no fault is active', fault: null };
    const back = healed.filter((fault) => fault.kind === 'kill' || fault.kind === 'pause').flatMap((fault) => fault.nodes);
    this.#setState(back, 'up');
    this.setPicture({ ...this.#picture, faults: this.#picture.faults.filter((fault) => !healed.includes(fault)) });
    return { text: `healed ${healed.map((fault) => fault.command).join('; ')}`, fault: null };
  }

  #setState(ids: readonly NodeId[], state: 'up' | 'down' | 'paused'): void {
    const nodes = this.#picture.nodes.map((node) => (ids.includes(node.id) ? { ...node, state } : node));
    const leader = nodes.find((node) => node.id === this.#picture.leader && node.state === 'up')?.id ?? null;
    this.setPicture({ ...this.#picture, nodes, leader });
  }
}

/** A store of strings. `fail` makes the next calls end with an error. */
export class FakeKv implements KvClient {
  readonly calls: { readonly method: string; readonly key: string }[] = [];
  /** What a watch tells before it ends; and by key, the newest first. */
  readonly events: WatchEvent[] = [];
  readonly versions = new Map<string, readonly Version[]>();
  fail: RpcError | null = null;
  #rows = new Map<string, KeyValue>();
  #revision = 0;

  async put(
    key: string,
    value: string,
  ): Promise<{ revision: number; index: ReturnType<typeof logIndex>; term: ReturnType<typeof term> }> {
    this.#enter('put', key);
    this.set(key, value);
    return { revision: this.#revision, index: logIndex(this.#revision + 1), term: term(1) };
  }

  /** Without counting as a call. */
  set(key: string, value: string): void {
    this.#revision += 1;
    const old = this.#rows.get(key);
    this.#rows.set(key, {
      key,
      value,
      createRevision: old?.createRevision ?? revision(this.#revision),
      modRevision: revision(this.#revision),
      version: (old?.version ?? 0) + 1,
    });
  }

  async get(key: string): Promise<{ kv: KeyValue | null; revision: number }> {
    this.#enter('get', key);
    return { kv: this.#rows.get(key) ?? null, revision: this.#revision };
  }

  async delete(key: string): Promise<{ deleted: boolean; revision: number }> {
    this.#enter('delete', key);
    const deleted = this.#rows.delete(key);
    if (deleted) this.#revision += 1;
    return { deleted, revision: this.#revision };
  }

  async cas(
    key: string,
    expect: string | null,
    value: string,
  ): Promise<{ swapped: boolean; current: string | null; revision: number }> {
    this.#enter('cas', key);
    const current = this.#rows.get(key)?.value ?? null;
    if (current === expect) this.set(key, value);
    return { swapped: current === expect, current: current === expect ? value : current, revision: this.#revision };
  }

  retried: RetriedWrite | null = null;

  async retryUnknown(): Promise<RetriedWrite | null> {
    this.#enter('retry', '');
    return this.retried;
  }

  async history(key: string): Promise<HistoryResult> {
    this.#enter('history', key);
    const kv = this.#rows.get(key);
    const now: readonly Version[] = kv === undefined ? [] : [{ type: 'put', revision: kv.modRevision, kv, origin: null }];
    const versions = this.versions.get(key) ?? now;
    return { versions, more: false, compactedBelow: revision(0), revision: revision(this.#revision) };
  }

  async *watch(): AsyncGenerator<WatchEvent> {
    this.#enter('watch', '');
    yield* this.events;
  }

  async range(query: Partial<RangeQuery>): Promise<RangeResult> {
    this.#enter('range', query.prefix ?? query.start ?? '');
    const all = [...this.#rows.values()]
      .filter((kv) => Buffer.compare(Buffer.from(kv.key), Buffer.from(query.start ?? '')) >= 0)
      .filter((kv) => query.end == null || Buffer.compare(Buffer.from(kv.key), Buffer.from(query.end)) < 0)
      .filter((kv) => query.prefix == null || kv.key.startsWith(query.prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    if (query.reverse === true) all.reverse();
    const limit = query.limit === undefined || query.limit === 0 ? all.length : query.limit;
    const kvs =
      query.countOnly === true ? [] : all.slice(0, limit).map((kv) => (query.keysOnly === true ? { ...kv, value: '' } : kv));
    return { kvs, count: all.length, more: kvs.length < all.length, revision: revision(this.#revision) };
  }

  #enter(method: string, key: string): void {
    this.calls.push({ method, key });
    if (this.fail !== null) throw new RpcError(this.fail.kind, this.fail.data);
  }
}

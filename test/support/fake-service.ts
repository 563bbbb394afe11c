import {
  type ClusterTime,
  clusterTime,
  logIndex,
  type NodeId,
  nodeId,
  type Revision,
  revision,
  term,
} from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import { type FaultPlan, NO_FAULTS } from '../../src/fault/plan.ts';
import type { Command, KeyValue, RangeQuery, RangeResult, Reply } from '../../src/kv/commands.ts';
import { type Change, History, type ReadonlyHistory } from '../../src/kv/history.ts';
import type { HistoryQuery, HistoryResult } from '../../src/kv/key-history.ts';
import { type Fail, type Succeed, settle } from '../../src/net/later.ts';
import type { AdminService, Applied, KvService } from '../../src/net/service.ts';
import type { LogRow, MemberStatus, NodeEvent, Topic } from '../../src/replica/status.ts';

/** A store of one node, in a Map, that applies at once; enough to see calls go through the network edge. */
export class FakeService implements KvService, AdminService {
  readonly id: NodeId;
  readonly proposed: Command[] = [];
  readonly plans: FaultPlan[] = [];
  readonly stalls: number[] = [];
  readonly listeners = new Set<(event: NodeEvent) => void>();
  /** Who leads, as this node believes. */
  known: { readonly id: NodeId; readonly url: string } | null;
  /** Runs instead of applying; for failures and for calls that hang. */
  intercept: ((command: Command) => Promise<Applied>) | null = null;
  readonly changeListeners = new Set<() => void>();
  readonly past = new History(revision(0));
  readonly #rows = new Map<string, KeyValue>();
  #revision = 0;

  constructor(id = nodeId('n1')) {
    this.id = id;
    this.known = { id, url: '' };
  }

  get leads(): boolean {
    return this.known?.id === this.id;
  }

  propose(command: Command, _deadlineMs: number, succeed: Succeed<Applied>, fail: Fail): void {
    this.#propose(command).then(succeed, fail);
  }

  async #propose(command: Command): Promise<Applied> {
    this.#mustLead();
    this.proposed.push(command);
    if (this.intercept !== null) return this.intercept(command);
    // A whole entry is an EntryId too; what else it holds is not for clients.
    const entry = { index: logIndex(this.proposed.length), term: term(1), time: 1, kind: 'command', data: 'secret' };
    return { reply: this.#apply(command), at: entry };
  }

  read(_deadlineMs: number, _path: unknown, succeed: () => void, fail: Fail): void {
    settle(() => this.#mustLead(), succeed, fail);
  }

  get(key: string, at: Revision | null): KeyValue | null {
    this.#mustKnow(at);
    return this.#rows.get(key) ?? null;
  }

  history({ key }: HistoryQuery): HistoryResult {
    const kv = this.#rows.get(key);
    const versions = kv === undefined ? [] : [{ type: 'put' as const, revision: kv.modRevision, kv, origin: null }];
    return { versions, more: false, compactedBelow: revision(this.#revision), revision: revision(this.#revision) };
  }

  range({ limit }: RangeQuery, at: Revision | null): RangeResult {
    this.#mustKnow(at);
    const kvs = [...this.#rows.values()].slice(0, limit || 1_000);
    return { kvs, count: this.#rows.size, more: kvs.length < this.#rows.size, revision: revision(this.#revision) };
  }

  revision(): number {
    return this.#revision;
  }

  status(): MemberStatus {
    return { id: this.id } as MemberStatus;
  }

  logRows(from: number): readonly LogRow[] {
    return [{ index: logIndex(from), term: term(1), kind: 'noop', time: 1 as ClusterTime, text: '', request: null }];
  }

  subscribe(_topics: readonly Topic[], send: (event: NodeEvent) => void): () => void {
    this.listeners.add(send);
    return () => this.listeners.delete(send);
  }

  leader(): { readonly id: NodeId; readonly url: string } | null {
    return this.known;
  }

  setFaults(plan: FaultPlan): void {
    this.plans.push(plan);
  }

  clearFaults(): void {
    this.plans.push(NO_FAULTS);
  }

  stall(ms: number): void {
    this.stalls.push(ms);
  }

  transfer(): void {
    this.#mustLead();
  }

  campaign(): void {}

  /** It remembers nothing. */
  #mustKnow(at: Revision | null): void {
    if (at !== null && at !== this.#revision) throw new RpcError('COMPACTED', { compactedBelow: this.#revision });
  }

  #mustLead(): void {
    if (!this.leads) throw new RpcError('NOT_LEADER', { leader: this.known?.id ?? null, url: this.known?.url ?? null });
  }

  changes(): ReadonlyHistory {
    return this.past;
  }

  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  #changed(change: Change): void {
    this.past.add(change);
    for (const listener of this.changeListeners) listener();
  }

  #apply(command: Command): Reply {
    if (command.type === 'open-session') return { type: 'session', session: this.proposed.length };
    const old = this.#rows.get(command.key);
    const origin = { index: logIndex(this.proposed.length), time: clusterTime(0), session: null };
    if (command.type === 'delete') {
      const deleted = this.#rows.delete(command.key);
      if (deleted) this.#revision += 1;
      if (old !== undefined)
        this.#changed({ type: 'delete', revision: revision(this.#revision), origin, key: old.key, previous: old });
      return { type: 'delete', deleted, revision: revision(this.#revision) };
    }
    if (command.type === 'cas' && (old?.value ?? null) !== command.expect) {
      return { type: 'cas', swapped: false, current: old?.value ?? null, revision: revision(this.#revision) };
    }
    this.#revision += 1;
    const now = revision(this.#revision);
    const { key, value } = command;
    const row = { key, value, createRevision: old?.createRevision ?? now, modRevision: now, version: (old?.version ?? 0) + 1 };
    this.#rows.set(key, row);
    this.#changed({ type: 'put', revision: now, origin, kv: row, previous: old ?? null, deletedAt: null });
    return command.type === 'put'
      ? { type: 'put', revision: now }
      : { type: 'cas', swapped: true, current: command.value, revision: now };
  }
}

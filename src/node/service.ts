import { type LogIndex, logIndex, type Millis, millis, type NodeId, type Revision } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type FaultPlan, NO_FAULTS } from '../fault/plan.ts';
import { encodeCommand } from '../kv/command-text.ts';
import type { Command, KeyValue, RangeQuery, RangeResult } from '../kv/commands.ts';
import type { ReadonlyHistory } from '../kv/history.ts';
import type { HistoryQuery, HistoryResult } from '../kv/key-history.ts';
import type { Fail, Succeed } from '../net/later.ts';
import type { AdminService, Applied, KvService } from '../net/service.ts';
import type { ReadPath } from '../raft/messages.ts';
import { logRow } from '../replica/log-row.ts';
import type { Clock, LinkStatus, LogStore } from '../replica/ports.ts';
import type { Replica } from '../replica/replica.ts';
import type { LogRow, MemberStatus, NodeEvent, Topic } from '../replica/status.ts';
import type { ProposalOutcome, ReadOutcome } from '../replica/waiting.ts';
import type { LoopMonitor } from './health.ts';
import type { Publisher } from './publisher.ts';

/** Both throw FORBIDDEN where fault injection is off. */
export interface InjectedFaults {
  set(plan: FaultPlan): void;
  /** Milliseconds. */
  stall(ms: number): void;
}

export interface MemberParts {
  readonly cluster: string;
  readonly replica: Replica;
  readonly logStore: LogStore;
  readonly links: () => readonly LinkStatus[];
  readonly loop: LoopMonitor;
  /** The replica's: deadlines are by it. */
  readonly clock: Clock;
  readonly startedAt: Millis;
}

/** Everything one member knows of itself, gathered for `node.status`. */
export function memberStatus(parts: MemberParts): MemberStatus {
  const { replica } = parts;
  const core = replica.coreStatus();
  const first = logIndex(Math.max(core.compactedIndex, core.lastIndex - LIMITS.logTailEntries) + 1);
  return {
    ...core,
    cluster: parts.cluster,
    appliedIndex: replica.appliedIndex,
    revision: replica.machine.revision,
    keys: replica.machine.size,
    sessions: replica.machine.sessionCount,
    tail: { first, terms: replica.entries(first, LIMITS.logTailEntries).map((entry) => entry.term) },
    checkpoints: replica.checkpoints(),
    links: parts.links(),
    queues: replica.queues(),
    loopDelay: parts.loop.delay(),
    sync: parts.logStore.syncTimes(),
    memoryBytes: process.memoryUsage.rss(),
    processor: processorTime(),
    uptimeMs: millis(Math.round(performance.now() - parts.startedAt)),
  };
}

function processorTime() {
  const { user, system } = process.cpuUsage();
  return { userMs: user / 1_000, systemMs: system / 1_000 };
}

/**
 * Who waits for an answer. It is let go of when it has one: what else is known of the call may stay in an outgrown table of the
 * replica's for long (see `base/number-table.ts`).
 */
interface Asker<Result> {
  readonly succeed: Succeed<Result>;
  readonly fail: Fail;
}

/** What clients may ask of this node, answered from its replica. All failures are RpcErrors. */
export class ReplicaService implements KvService, AdminService {
  readonly #parts: MemberParts;
  readonly #publisher: Publisher;
  readonly #urls: ReadonlyMap<NodeId, string>;
  readonly #faults: InjectedFaults;

  constructor(parts: MemberParts, publisher: Publisher, urls: ReadonlyMap<NodeId, string>, faults: InjectedFaults) {
    this.#parts = parts;
    this.#publisher = publisher;
    this.#urls = urls;
    this.#faults = faults;
  }

  propose(command: Command, deadlineMs: number, succeed: Succeed<Applied>, fail: Fail): void {
    let asker: Asker<Applied> | null = { succeed, fail };
    const done = (outcome: ProposalOutcome): void => {
      const told = asker;
      asker = null;
      if (outcome.ok) told?.succeed(outcome);
      else told?.fail(this.#refusal(outcome.error));
    };
    this.#parts.replica.propose(encodeCommand(command), this.#deadline(deadlineMs), done);
  }

  read(deadlineMs: number, path: ReadPath, succeed: () => void, fail: Fail): void {
    let asker: Asker<void> | null = { succeed, fail };
    const done = (outcome: ReadOutcome): void => {
      const told = asker;
      asker = null;
      if (outcome.ok) told?.succeed();
      else told?.fail(this.#refusal(outcome.error));
    };
    this.#parts.replica.read(this.#deadline(deadlineMs), done, path);
  }

  get(key: string, at: Revision | null): KeyValue | null {
    const { machine } = this.#parts.replica;
    return at === null ? machine.get(key) : machine.getAt(key, at);
  }

  range(query: RangeQuery, at: Revision | null): RangeResult {
    const { machine } = this.#parts.replica;
    return at === null ? machine.range(query) : machine.rangeAt(query, at);
  }

  history(query: HistoryQuery): HistoryResult {
    return this.#parts.replica.machine.keyHistory(query);
  }

  revision(): number {
    return this.#parts.replica.machine.revision;
  }

  status(): MemberStatus {
    return memberStatus(this.#parts);
  }

  logRows(from: LogIndex, limit: number): readonly LogRow[] {
    const { compactedIndex } = this.#parts.replica.coreStatus();
    if (from <= compactedIndex) throw new RpcError('COMPACTED', { detail: `the log is compacted up to entry ${compactedIndex}` });
    return this.#parts.replica.entries(from, limit).map(logRow);
  }

  subscribe(topics: readonly Topic[], send: (event: NodeEvent) => void): () => void {
    return this.#publisher.subscribe(topics, send);
  }

  changes(): ReadonlyHistory {
    return this.#parts.replica.machine.history;
  }

  onChange(listener: () => void): () => void {
    return this.#publisher.onChange(listener);
  }

  leader(): { readonly id: NodeId; readonly url: string } | null {
    const { leader } = this.#parts.replica.coreStatus();
    const url = leader === null ? undefined : this.#urls.get(leader);
    return leader === null || url === undefined ? null : { id: leader, url };
  }

  setFaults(plan: FaultPlan): void {
    this.#faults.set(plan);
  }

  clearFaults(): void {
    this.#faults.set(NO_FAULTS);
  }

  stall(ms: number): void {
    this.#faults.stall(ms);
  }

  transfer(to: NodeId): void {
    const status = this.#parts.replica.coreStatus();
    if (status.role !== 'leader') throw this.#refusal('NOT_LEADER');
    if (!status.configuration.voters.includes(to)) {
      throw new RpcError('INVALID_PARAMS', { detail: `${to} is not a voter of this cluster` });
    }
    this.#parts.replica.transferLeadership(to);
  }

  campaign(): void {
    this.#parts.replica.campaign();
  }

  #refusal(kind: ConstructorParameters<typeof RpcError>[0]): RpcError {
    if (kind === 'NOT_LEADER') {
      const leader = this.leader();
      return new RpcError(kind, { leader: leader?.id ?? null, url: leader?.url ?? null });
    }
    return kind === 'OVERLOADED' ? new RpcError(kind, { retryAfterMs: 50 }) : new RpcError(kind);
  }

  #deadline(fromNowMs: number): Millis {
    return millis(this.#parts.clock.now() + fromNowMs);
  }
}

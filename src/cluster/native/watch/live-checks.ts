/** Everything that is checked on a running cluster, as one picture: the promises of Raft, and this program's own traffic. */
import type { LogIndex, NodeId } from '../../../base/brand.ts';
import type { EntryId, RaftEvent } from '../../../raft/messages.ts';
import type { LogRow, MemberStatus } from '../../../replica/status.ts';
import type { ChecksPicture, KvClient } from '../../driver.ts';
import { LiveInvariants } from './live-invariants.ts';
import { RecordedKv } from './recorded-kv.ts';
import { Traffic } from './traffic.ts';
import { TrafficJudge } from './traffic-judge.ts';

export interface LiveChecksOptions {
  readonly logRows: (node: NodeId, from: LogIndex, limit: number) => Promise<readonly LogRow[]>;
  /** Told once for each promise, and once for the traffic. */
  readonly onBreach: (text: string) => void;
}

export class LiveChecks {
  readonly #invariants: LiveInvariants;
  readonly #judge = new TrafficJudge();
  readonly #traffic: Traffic;
  readonly #onBreach: (text: string) => void;
  readonly #listeners = new Set<() => void>();
  #toldTraffic = false;

  constructor({ logRows, onBreach }: LiveChecksOptions) {
    this.#onBreach = onBreach;
    this.#invariants = new LiveInvariants({
      logRows,
      onBroken: ({ id, detail }) => {
        onBreach(`${id} is broken: ${detail}`);
        this.#announce();
      },
    });
    this.#traffic = new Traffic({
      judge: (operations) => this.#judge.judge(operations),
      onVerdict: () => this.#verdict(),
    });
  }

  /** The same store; what its callers see is checked. */
  watched(kv: KvClient): KvClient {
    return new RecordedKv(kv, { traffic: this.#traffic, acknowledged: (at) => this.acknowledged(at) });
  }

  acknowledged(at: EntryId): void {
    this.#invariants.acknowledged(at);
  }

  picture(): ChecksPicture {
    const { promises, coverage } = { promises: this.#invariants.promises(), coverage: this.#invariants.coverage() };
    return { promises, coverage, traffic: this.#traffic.picture() };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(status: MemberStatus): void {
    this.#invariants.status(status);
  }

  event(node: NodeId, event: RaftEvent): void {
    this.#invariants.event(node, event);
  }

  lost(node: NodeId): void {
    this.#invariants.lost(node);
  }

  stop(): void {
    this.#invariants.stop();
    this.#traffic.stop();
    this.#judge.stop();
    this.#listeners.clear();
  }

  #verdict(): void {
    const { verdict, detail } = this.#traffic.picture();
    if (verdict === 'not-linearizable' && !this.#toldTraffic) {
      this.#toldTraffic = true;
      this.#onBreach(`what this console saw is not linearizable: ${detail}`);
    }
    this.#announce();
  }

  #announce(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

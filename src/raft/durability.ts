/** What this node's own disk holds, given Readys that were handed out and not yet all confirmed. */
import { assert } from '../base/assert.ts';
import { before, type LogIndex, logIndex, type Millis, millis } from '../base/brand.ts';
import type { HardState, PersistBatch } from './messages.ts';

interface Outstanding {
  readonly seq: number;
  readonly handedAt: Millis;
  readonly persist: boolean;
  readonly hardState: HardState | null;
  /** Once durable, the log on disk equals ours up to here; falls when the log is truncated meanwhile. */
  through: LogIndex;
}

const NEVER = millis(Number.POSITIVE_INFINITY);

export class Durability {
  readonly #stallMs: number;
  readonly #outstanding: Outstanding[] = [];
  #hardState: HardState;
  #durableIndex: LogIndex;
  #handedState: HardState;
  #handedIndex: LogIndex;

  /** `stallMs`: a write that takes longer than this makes the disk stuck. */
  constructor(hardState: HardState, lastIndex: LogIndex, stallMs: number) {
    this.#hardState = hardState;
    this.#handedState = hardState;
    this.#durableIndex = lastIndex;
    this.#handedIndex = lastIndex;
    this.#stallMs = stallMs;
  }

  /** The term and vote on disk. */
  get hardState(): HardState {
    return this.#hardState;
  }

  /** The log on disk equals the one in memory up to here. */
  get durableIndex(): LogIndex {
    return this.#durableIndex;
  }

  /** The log was handed out for writing up to here. */
  get handedIndex(): LogIndex {
    return this.#handedIndex;
  }

  get handedState(): HardState {
    return this.#handedState;
  }

  /** When the oldest unconfirmed write will count as stuck. */
  get stalledFrom(): Millis {
    const oldest = this.#outstanding.find(({ persist }) => persist);
    return oldest === undefined ? NEVER : millis(oldest.handedAt + this.#stallMs);
  }

  /** Something that was handed out is not confirmed yet. */
  get isBehind(): boolean {
    return this.#outstanding.length > 0;
  }

  /** What holds nothing is waited for only behind what does. */
  handOut(seq: number, now: Millis, batch: PersistBatch | null, lastIndex: LogIndex): void {
    if (batch?.hardState) this.#handedState = batch.hardState;
    this.#handedIndex = lastIndex;
    if (batch === null && !this.isBehind) return;
    const hardState = batch?.hardState ?? null;
    this.#outstanding.push({ seq, handedAt: now, persist: batch !== null, hardState, through: lastIndex });
  }

  /** Ready `seq` is on disk. */
  confirm(seq: number): void {
    const oldest = this.#outstanding.shift();
    assert(oldest !== undefined && oldest.seq === seq, 'Readys are confirmed one by one, in order', () => [oldest?.seq, seq]);
    if (oldest.hardState !== null) this.#hardState = oldest.hardState;
    if (oldest.through > this.#durableIndex) this.#durableIndex = oldest.through;
  }

  /** The log begins anew after a snapshot that is on the disk already; whatever was on its way there counts no more. */
  restore(last: LogIndex): void {
    this.#durableIndex = last;
    this.#handedIndex = last;
    for (const each of this.#outstanding) each.through = logIndex(0);
  }

  /**
   * The log loses `from` and all after it. Writes still on their way must not count for the entries that replace
   * those, not even when an entry with the same index and term comes back later: on disk another may stand between.
   */
  truncate(from: LogIndex): void {
    const kept = before(from);
    if (this.#durableIndex > kept) this.#durableIndex = kept;
    if (this.#handedIndex > kept) this.#handedIndex = kept;
    for (const each of this.#outstanding) if (each.through > kept) each.through = kept;
  }
}

/** The write-ahead log: what arrives while the disk works becomes one write and one sync (group commit). */
import { assert } from '../base/assert.ts';
import { type LogIndex, logIndex } from '../base/brand.ts';
import type { Entry, EntryId, HardState, PersistBatch } from '../raft/messages.ts';
import type { Done, LogStore } from '../replica/ports.ts';
import type { Disk } from './disk.ts';
import type { DurableMark } from './durable-mark.ts';
import { GroupBuffer } from './group-buffer.ts';
import type { HardStateFiles } from './hard-state.ts';
import type { Room } from './room.ts';
import type { SegmentWriter } from './segment-writer.ts';
import { inSequence } from './sequence.ts';
import { diskError, StorageError } from './storage-error.ts';
import type { SyncTimes } from './sync-times.ts';

/** A group stops growing here, so that one sync never waits for an unbounded encoding. */
const GROUP_BYTES = 4 * 1_024 * 1_024;

interface Pending {
  readonly batch: PersistBatch;
  readonly done: Done;
}

export interface WalParts {
  readonly disk: Disk;
  readonly dir: string;
  readonly segment: SegmentWriter;
  readonly hardState: HardStateFiles;
  readonly mark: DurableMark;
  readonly syncTimes: SyncTimes;
  readonly room: Room;
  /** The last batch on the disk. */
  readonly lastBatch: number;
  readonly last: EntryId;
  readonly commitHint: number;
}

/**
 * Within a group the newest hard state goes first, then the entries. A term or a vote may so reach the disk before entries
 * of an earlier batch; nobody hears of it before all earlier batches are durable, so that is harmless.
 */
export class Wal implements LogStore {
  readonly #parts: WalParts;
  readonly #buffer: GroupBuffer;
  #pending: Pending[] = [];
  #working = false;
  #failure: StorageError | null = null;
  #closing: Done | null = null;
  #lastBatch: number;
  /** End of the log on the disk. */
  #last: EntryId;
  /** End of the log as appended, durable or not. */
  #lastIndex: number;
  #commitHint: number;

  constructor(parts: WalParts) {
    this.#parts = parts;
    this.#lastBatch = parts.lastBatch;
    this.#last = parts.last;
    this.#lastIndex = parts.last.index;
    this.#commitHint = parts.commitHint;
    this.#buffer = new GroupBuffer(parts.commitHint);
  }

  /** Calls back at once only when there is nothing to write, or after a failure, which is final. */
  append(batch: PersistBatch, done: Done): void {
    const refusal = this.#failure ?? (this.#closing === null ? null : closedError(this.#parts.dir));
    if (refusal !== null) {
      done(refusal);
      return;
    }
    this.#checkContinues(batch);
    this.#pending.push({ batch, done });
    if (!this.#working) this.#work();
  }

  get isFull(): boolean {
    return this.#parts.room.isFull;
  }

  /** Nobody needs entries up to `upTo` from the disk any more: a snapshot stands for them. */
  compact(upTo: LogIndex, done: Done): void {
    if (this.#failure !== null || this.#closing !== null) done(null);
    else this.#parts.segment.remove(upTo, done);
  }

  syncTimes(): ReturnType<LogStore['syncTimes']> {
    return this.#parts.syncTimes.summary();
  }

  /** Waits for what was appended before, but not for room. */
  close(done: Done): void {
    assert(this.#closing === null, 'a log is closed once');
    this.#closing = done;
    this.#parts.room.giveUp();
    if (!this.#working) this.#finish(done);
  }

  /** Final: whatever waits and whatever comes later fails with the first error. Also called for the mark's file. */
  readonly fail = (error: Error): void => {
    this.#failure ??= diskError(error, this.#parts.dir);
  };

  #checkContinues({ entries, commit, reset }: PersistBatch): void {
    if (reset !== undefined) {
      assert(reset.last.index > this.#commitHint, 'a log never begins anew before what is committed', () => reset.last);
      this.#lastIndex = reset.last.index;
      this.#commitHint = reset.last.index;
    }
    let previous: Entry | null = null;
    for (const entry of entries) {
      const expected = previous === null ? Math.min(entry.index, this.#lastIndex + 1) : previous.index + 1;
      assert(entry.index === expected, 'a log has no gaps', () => ({ index: entry.index, expected }));
      assert(entry.index > this.#commitHint, 'a committed entry is never replaced', () => ({
        index: entry.index,
        commit: this.#commitHint,
      }));
      assert(entry.term >= (previous?.term ?? 0), 'terms never decrease along a log', () => entry);
      previous = entry;
    }
    if (previous !== null) this.#lastIndex = previous.index;
    this.#commitHint = Math.min(this.#lastIndex, Math.max(this.#commitHint, commit));
  }

  #work(): void {
    const group = this.#takeGroup();
    if (group.length === 0) {
      if (this.#closing !== null) this.#finish(this.#closing);
      return;
    }
    this.#working = true;
    const steps = [
      (next: Done) => this.#writeHardState(group, next),
      (next: Done) => this.#beginAnew(group, next),
      (next: Done) => this.#writeEntries(group, next),
    ];
    inSequence(steps, (error) => {
      if (error !== null) this.fail(error);
      this.#answer(group);
    });
  }

  /** The oldest waiting batches, at least one, up to the bound; one that begins the log anew is the first of its group. */
  #takeGroup(): readonly Pending[] {
    let count = 0;
    for (let bytes = 0; count < this.#pending.length && bytes < GROUP_BYTES; count += 1) {
      if (count > 0 && this.#pending[count]?.batch.reset !== undefined) break;
      for (const { data } of this.#pending[count]?.batch.entries ?? []) bytes += data.length;
    }
    const group = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    return group;
  }

  #writeHardState(group: readonly Pending[], done: Done): void {
    let newest: HardState | null = null;
    for (const { batch } of group) newest = batch.hardState ?? newest;
    if (newest === null || this.#parts.hardState.isCurrent(newest)) {
      done(null);
      return;
    }
    this.#parts.hardState.write(newest, this.#lastBatch, done);
  }

  #beginAnew(group: readonly Pending[], done: Done): void {
    const reset = group[0]?.batch.reset;
    if (reset === undefined) {
      done(null);
      return;
    }
    const { index, term } = reset.last;
    this.#parts.segment.beginAnew({ batch: this.#lastBatch, last: { index, term } }, (error) => {
      if (error === null) this.#last = { index, term };
      done(error);
    });
  }

  #writeEntries(group: readonly Pending[], done: Done): void {
    const { segment } = this.#parts;
    const batches = group.map((each) => each.batch).filter(({ entries }) => entries.length > 0);
    if (batches.length === 0) {
      done(null);
      return;
    }
    const batch = this.#lastBatch + 1;
    // The records' checksums start from their segment's, so it must be settled before they are encoded.
    const end = { batch: this.#lastBatch, last: this.#last };
    segment.makeRoom(this.#buffer.size(batches), end, (error) => {
      if (error !== null) return done(error);
      const { bytes, chain } = this.#buffer.encode(batches, {
        batch,
        durableBatch: this.#lastBatch,
        chain: segment.chain,
        seed: segment.seed,
      });
      const last = batches.at(-1)?.entries.at(-1) ?? this.#last;
      const highest = logIndex(Math.max(...batches.map(({ entries }) => entries.at(-1)?.index ?? 0)));
      segment.append({ bytes, chain, highest }, (failed) => {
        if (failed === null) {
          this.#lastBatch = batch;
          this.#last = { index: last.index, term: last.term };
        }
        done(failed);
      });
    });
  }

  #answer(group: readonly Pending[]): void {
    if (this.#failure === null && this.#pending.length === 0) this.#parts.mark.set(this.#lastBatch);
    for (const { done } of group) done(this.#failure);
    this.#working = false;
    if (this.#failure === null) this.#work();
    else this.#failPending();
  }

  #failPending(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { done } of pending) done(this.#failure);
    if (this.#closing !== null) this.#finish(this.#closing);
  }

  /** Closes every file, also after a failure; the first error is reported. */
  #finish(done: Done): void {
    const { mark, segment, hardState } = this.#parts;
    const all = [(next: Done) => mark.close(next), (next: Done) => segment.close(next), (next: Done) => hardState.close(next)];
    const steps = all.map((close) => (next: Done) => {
      close((error) => {
        if (error !== null) this.fail(error);
        next(null);
      });
    });
    inSequence(steps, () => done(this.#failure));
  }
}

function closedError(file: string): StorageError {
  return new StorageError({ kind: 'io', file, offset: null, detail: 'the log is closed' });
}

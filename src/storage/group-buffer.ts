import type { PersistBatch } from '../raft/messages.ts';
import { FIRST_OF_BATCH, headerChecksumAt, LAST_OF_BATCH, recordBytes, writeRecord } from './record.ts';

const KEPT_BYTES = 8 * 1_024 * 1_024;
const FIRST_BYTES = 64 * 1_024;

interface GroupPlace {
  readonly batch: number;
  readonly durableBatch: number;
  /** Header checksum of the record before. */
  readonly chain: number;
  readonly seed: number;
}

/** The bytes of one group; used again for the next, since only one is on its way to the disk at a time. */
export class GroupBuffer {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  /** What the records say, and what is known: a batch's own entries are never below its hint. */
  #commitHint: number;
  #commitKnown: number;

  constructor(commitHint: number) {
    this.#commitHint = commitHint;
    this.#commitKnown = commitHint;
  }

  /** How many bytes `encode` will make of these batches. */
  size(batches: readonly PersistBatch[]): number {
    let bytes = 0;
    for (const { entries } of batches) {
      for (const entry of entries) bytes += recordBytes(entry);
    }
    return bytes;
  }

  /** All entries of `batches` as one batch of records; `chain` is what the next group continues. */
  encode(batches: readonly PersistBatch[], place: GroupPlace): { readonly bytes: Buffer; readonly chain: number } {
    const { batch, durableBatch, seed } = place;
    this.#fit(this.size(batches));
    let left = countEntries(batches);
    let at = 0;
    let flags = FIRST_OF_BATCH;
    let previous = place.chain;
    for (const { entries, commit } of batches) {
      this.#commitKnown = Math.max(this.#commitKnown, commit);
      const before = (entries[0]?.index ?? 0) - 1;
      this.#commitHint = Math.max(this.#commitHint, Math.min(this.#commitKnown, before));
      for (const entry of entries) {
        left -= 1;
        if (left === 0) flags |= LAST_OF_BATCH;
        const end = writeRecord(
          this.#bytes,
          at,
          entry,
          { batch, flags, previous, durableBatch, commitHint: this.#commitHint },
          seed,
        );
        previous = headerChecksumAt(this.#bytes, at);
        flags = 0;
        at = end;
      }
    }
    return { bytes: this.#bytes.subarray(0, at), chain: previous };
  }

  #fit(bytes: number): void {
    if (bytes <= this.#bytes.length) {
      if (this.#bytes.length > KEPT_BYTES && bytes < FIRST_BYTES) this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
      return;
    }
    this.#bytes = Buffer.allocUnsafe(Math.max(bytes, this.#bytes.length * 2));
  }
}

function countEntries(batches: readonly PersistBatch[]): number {
  return batches.reduce((count, { entries }) => count + entries.length, 0);
}

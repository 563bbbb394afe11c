/** The bytes of one simulated file: what is durable, and what has changed since. */
import type { Random } from '../base/random.ts';

export const SECTOR_BYTES = 512;

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly sizeBytes: number };

export class Contents {
  durable: Buffer;
  changes: Change[] = [];
  current: Buffer;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.durable = bytes;
    this.current = Buffer.from(bytes);
  }

  apply(change: Change): void {
    this.changes.push(change);
    this.current = changed(this.current, change);
  }

  sync(): void {
    for (const change of this.changes) this.durable = changed(this.durable, change);
    this.changes = [];
  }

  /** One bit of the medium turns over; false when the file is not that long. */
  flip(at: number, bit: number): boolean {
    if (at >= Math.min(this.durable.length, this.current.length)) return false;
    this.durable = Buffer.from(this.durable);
    this.durable[at] = (this.durable[at] ?? 0) ^ (1 << bit);
    this.current[at] = (this.current[at] ?? 0) ^ (1 << bit);
    return true;
  }

  /** What a kernel does after a failed sync: the pages count as clean, though the disk never got them (ATC'20). */
  forget(): void {
    this.changes = [];
  }

  /** What a power loss leaves: each sector of each unsynced write is there with probability `kept`. */
  afterPowerLoss(random: Random, kept: number): Buffer {
    let bytes: Buffer = Buffer.from(this.durable);
    for (const change of this.changes) {
      if ('sizeBytes' in change) {
        if (random.next() < kept) bytes = changed(bytes, change);
        continue;
      }
      const end = change.at + change.bytes.length;
      if (random.next() < 0.5) bytes = changed(bytes, { at: Math.max(bytes.length, end), bytes: Buffer.alloc(0) });
      for (let from = change.at; from < end; ) {
        const to = Math.min(end, from - (from % SECTOR_BYTES) + SECTOR_BYTES);
        if (random.next() < kept)
          bytes = changed(bytes, { at: from, bytes: change.bytes.subarray(from - change.at, to - change.at) });
        from = to;
      }
    }
    return bytes;
  }
}

function changed(bytes: Buffer, change: Change): Buffer {
  if ('sizeBytes' in change) return Buffer.concat([bytes.subarray(0, change.sizeBytes)], change.sizeBytes);
  const size = Math.max(bytes.length, change.at + change.bytes.length);
  const next = size === bytes.length ? bytes : Buffer.concat([bytes], size);
  change.bytes.copy(next, change.at);
  return next;
}

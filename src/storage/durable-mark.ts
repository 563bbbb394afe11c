/**
 * The number of the last batch whose sync returned, in a sector of its own that is overwritten in place and never synced
 * on the hot path. Recovery needs it to tell an unfinished last batch (which nobody was promised) from damage to an
 * acknowledged one (which must never be cut off).
 *
 * It is written without delaying acknowledgements. Two windows follow, and both only make recovery less sure of
 * the very last batch, never wrong about an undamaged one: a process killed between the sync and this write, and a power
 * loss before the kernel wrote the mark back. The write is put off by a pause, so that a busy log does not pay for it with each batch. In both the last batch itself is whole on the disk, so nothing is lost
 * unless exactly that batch is also damaged; and then it is cut only if a sector or the end of it reads as zeros, and refused
 * as suspect otherwise. Every record also carries the mark of its time, so all batches before the last are always covered.
 */
import type { Done } from '../replica/ports.ts';
import { getPosition, putPosition } from './bytes.ts';
import type { DiskFile } from './disk.ts';
import { checksum } from './record.ts';
import type { Pause } from './room.ts';
import type { Identity } from './segment.ts';

export const MARK_NAME = 'mark';
const MARK_BYTES = 64;
const MAGIC = 0x4b46_5233;

export function encodeMark(durableBatch: number, { clusterId, nodeId }: Identity): Buffer {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  putPosition(bytes, 8, durableBatch);
  bytes.writeUInt32LE(checksum(bytes.subarray(8), checksum(Buffer.from(`${clusterId}${nodeId}`), 0)), 4);
  return bytes;
}

/** Null for a mark that is damaged, missing or another member's. */
export function decodeMark(bytes: Buffer | null, identity: Identity): number | null {
  if (bytes === null || bytes.length !== MARK_BYTES) return null;
  const durableBatch = getPosition(bytes, 8);
  return durableBatch >= 0 && bytes.equals(encodeMark(durableBatch, identity)) ? durableBatch : null;
}

interface DurableMarkParts {
  readonly onError: (error: Error) => void;
  /** Puts a write off. Null: it follows at once. */
  readonly pause: Pause | null;
}

/** Keeps the newest number in the file; while one write is under way or put off, only the newest waits. */
export class DurableMark {
  readonly #file: DiskFile;
  readonly #identity: Identity;
  readonly #onError: (error: Error) => void;
  readonly #pause: Pause;
  #isPutOff = false;
  #isClosing = false;
  #written: number;
  #wanted: number;
  #writing = false;
  #whenIdle: (() => void) | null = null;

  constructor(file: DiskFile, identity: Identity, written: number, parts: DurableMarkParts) {
    this.#file = file;
    this.#identity = identity;
    this.#written = written;
    this.#wanted = written;
    this.#onError = parts.onError;
    this.#pause = parts.pause ?? ((again) => again());
  }

  set(durableBatch: number): void {
    this.#wanted = durableBatch;
    if (this.#writing || this.#isPutOff) return;
    this.#isPutOff = true;
    this.#pause(() => {
      this.#isPutOff = false;
      if (!this.#isClosing) this.#write();
    });
  }

  #write(): void {
    if (this.#wanted === this.#written) {
      this.#whenIdle?.();
      return;
    }
    const writing = this.#wanted;
    this.#writing = true;
    this.#file.write(encodeMark(writing, this.#identity), 0, (error) => {
      this.#writing = false;
      this.#written = writing;
      if (error !== null) {
        this.#wanted = writing;
        this.#onError(error);
      }
      if (this.#isClosing) this.#write();
      else if (this.#wanted !== this.#written) this.set(this.#wanted);
    });
  }

  /** Syncs the last mark and closes the file. */
  close(done: Done): void {
    const finish = (): void => {
      this.#whenIdle = null;
      this.#file.sync((syncError) => this.#file.close((closeError) => done(syncError ?? closeError)));
    };
    this.#isClosing = true;
    this.#whenIdle = finish;
    if (!this.#writing) this.#write();
  }
}

/** One snapshot's file: written frame by frame while the member works on, read back the same way. */
import { createHash } from 'node:crypto';
import type { Machine } from '../kv/machine.ts';
import { Restore, type StateCut } from '../kv/snapshot.ts';
import type { Snapshot, SnapshotHead } from '../raft/messages.ts';
import type { Done } from '../replica/ports.ts';
import type { Disk, DiskFile, DoneWith } from './disk.ts';
import { inSequence, withValue } from './sequence.ts';
import {
  encodeFooter,
  encodeFrame,
  encodeSnapshotHeader,
  type FrameBytes,
  frameBytes,
  SnapshotDamage,
  SnapshotParser,
} from './snapshot-format.ts';
import { StorageError } from './storage-error.ts';

/** Dirty bytes beyond this are synced on the way: a write of the log waits for so much of a snapshot at most, see docs/performance.md. */
export const SYNC_EVERY_BYTES = 256 * 1_024;
/** Read and decoded at once: a millisecond or two, while the next ones are read. */
const READ_BYTES = 256 * 1_024;
/** The first is smaller, and each as large as all before it together, up to that: code that has never run takes ten times as long. */
const FIRST_BYTES = 32 * 1_024;

/** Pulls chunks out of a cut, one disk write after the other. One file, used once. */
export class SnapshotWriting {
  readonly #file: DiskFile;
  readonly #cut: StateCut;
  readonly #head: SnapshotHead;
  readonly #hash = createHash('sha256');
  #chain = 0;
  #end = 0;
  #syncedTo = 0;
  #cancelled = false;
  /** Of the frame that is on its way to the disk: one at a time. */
  #frame = Buffer.alloc(0);

  constructor(file: DiskFile, head: SnapshotHead, cut: StateCut) {
    this.#file = file;
    this.#head = head;
    this.#cut = cut;
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** Everything is synced when it calls back; null when it was cancelled on the way. */
  run(clusterId: string, done: DoneWith<Snapshot | null>): void {
    const next = (error: Error | null): void => {
      if (error !== null || this.#cancelled) {
        if (error === null) done(null, null);
        else done(error, null);
        return;
      }
      const chunk = this.#cut.next();
      if (chunk === null) this.#finish(done);
      // Whatever the disk answers, others have had their turn.
      else if (chunk.length === 0)
        this.#file.read(
          0,
          1,
          withValue(next, () => next(null)),
        );
      else this.#write(this.#framed(chunk), next);
    };
    this.#write(encodeSnapshotHeader(this.#head, clusterId), next);
  }

  #framed(chunk: Buffer): FrameBytes {
    const bytes = frameBytes(chunk);
    if (bytes > this.#frame.length) this.#frame = Buffer.allocUnsafeSlow(bytes + (bytes >>> 1));
    return encodeFrame(chunk, this.#chain, this.#frame);
  }

  #finish(done: DoneWith<Snapshot | null>): void {
    const hash = this.#hash.digest('hex');
    const footer = encodeFooter({ ...this.#head, counts: this.#cut.counts, hash }, this.#chain);
    const steps = [(next: Done) => this.#file.write(footer.bytes, this.#end, next), (next: Done) => this.#file.sync(next)];
    inSequence(steps, (error) => {
      if (error !== null) done(error, null);
      else done(null, { ...this.#head, sizeBytes: this.#end + footer.bytes.length, hash });
    });
  }

  #write({ bytes, chain }: FrameBytes, done: Done): void {
    this.#hash.update(bytes);
    this.#chain = chain;
    const at = this.#end;
    this.#end += bytes.length;
    this.#file.write(bytes, at, (error) => {
      if (error !== null || this.#end - this.#syncedTo < SYNC_EVERY_BYTES) return done(error);
      this.#syncedTo = this.#end;
      this.#file.sync(done);
    });
  }
}

export interface LoadedSnapshot {
  readonly snapshot: Snapshot;
  /** Null when it was only to be checked. */
  readonly machine: Machine | null;
}

export interface LoadOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly clusterId: string;
  /** Whether to build the state, or only to check the bytes. */
  readonly restores: boolean;
  readonly onProgress?: (readBytes: number) => void;
}

/** Reads a snapshot to its end, checking everything. Calls back with a StorageError of kind 'corrupt' for damage. */
export function loadSnapshot(options: LoadOptions, done: DoneWith<LoadedSnapshot>): void {
  const { disk, path } = options;
  disk.open(
    path,
    withValue(
      (error) => done(error, null),
      (file) =>
        new SnapshotReading(file, options).run((error, loaded) =>
          file.close((closeError) => {
            if (loaded !== null && closeError === null) done(null, loaded);
            else done(error ?? closeError ?? new Error('nothing was read'), null);
          }),
        ),
    ),
  );
}

/** While one portion is decoded, the next one is on its way from the disk. One file, used once. */
class SnapshotReading {
  readonly #file: DiskFile;
  readonly #options: LoadOptions;
  readonly #restore: Restore | null;
  readonly #parser: SnapshotParser;
  /** Two, used in turn. */
  #rooms: readonly [next: Buffer, other: Buffer] = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
  /** How it ended, while a portion that nobody needs any more is on its way. */
  #ended: readonly [error: Error, loaded: null] | null = null;

  constructor(file: DiskFile, options: LoadOptions) {
    this.#file = file;
    this.#options = options;
    const restore = options.restores ? new Restore() : null;
    this.#restore = restore;
    this.#parser = new SnapshotParser(options.clusterId, (chunk) => restore?.add(chunk));
  }

  run(done: DoneWith<LoadedSnapshot>): void {
    this.#readFrom(0, done);
  }

  #readFrom(at: number, done: DoneWith<LoadedSnapshot>): void {
    const [room, other] = this.#rooms;
    const count = Math.min(READ_BYTES, Math.max(FIRST_BYTES, at));
    this.#rooms = [other, room];
    const failed = (error: Error): void => done(this.#ended?.[0] ?? error, null);
    this.#file.read(
      at,
      count,
      withValue(failed, (bytes) => {
        if (this.#ended !== null) return done(...this.#ended);
        const end = at + bytes.length;
        const isLast = bytes.length < count;
        if (!isLast) this.#readFrom(end, done);
        let loaded: LoadedSnapshot | null = null;
        try {
          this.#parser.push(bytes);
          if (isLast) loaded = this.#finished(end);
        } catch (error) {
          const ended = [this.#damage(error, at), null] as const;
          if (isLast) done(...ended);
          else this.#ended = ended;
          return;
        }
        this.#options.onProgress?.(end);
        if (loaded !== null) done(null, loaded);
      }),
      room,
    );
  }

  #finished(sizeBytes: number): LoadedSnapshot {
    const { last, time, configuration, counts, hash } = this.#parser.end();
    return { snapshot: { last, time, configuration, sizeBytes, hash }, machine: this.#restore?.finish(counts) ?? null };
  }

  #damage(error: unknown, at: number): Error {
    const detail = error instanceof Error ? error.message : String(error);
    const offset = error instanceof SnapshotDamage ? error.offset : at;
    return new StorageError({ kind: 'corrupt', file: this.#options.path, offset, detail });
  }
}

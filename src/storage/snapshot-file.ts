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
  SnapshotDamage,
  SnapshotParser,
} from './snapshot-format.ts';
import { StorageError } from './storage-error.ts';

/** Dirty bytes beyond this are synced on the way, so that no sync of the log has to wait for a whole snapshot. */
const SYNC_EVERY_BYTES = 4 * 1_024 * 1_024;
/** Read and decoded at once: a millisecond or two. */
const READ_BYTES = 256 * 1_024;

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
      else this.#write(encodeFrame(chunk, this.#chain), next);
    };
    this.#write(encodeSnapshotHeader(this.#head, clusterId), next);
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
export function loadSnapshot({ disk, path, clusterId, restores, onProgress }: LoadOptions, done: DoneWith<LoadedSnapshot>): void {
  const restore = restores ? new Restore() : null;
  const parser = new SnapshotParser(clusterId, (chunk) => restore?.add(chunk));
  const damaged = (error: unknown, at: number): Error => {
    const detail = error instanceof Error ? error.message : String(error);
    return new StorageError({ kind: 'corrupt', file: path, offset: error instanceof SnapshotDamage ? error.offset : at, detail });
  };
  const readOn = (file: DiskFile, at: number, finish: (error: Error | null, loaded: LoadedSnapshot | null) => void): void => {
    file.read(
      at,
      READ_BYTES,
      withValue(
        (error) => finish(error, null),
        (bytes) => {
          let loaded: LoadedSnapshot | null = null;
          try {
            parser.push(bytes);
            if (bytes.length < READ_BYTES) loaded = finished(parser, restore, at + bytes.length);
          } catch (error) {
            return finish(damaged(error, at), null);
          }
          onProgress?.(at + bytes.length);
          if (loaded === null) readOn(file, at + bytes.length, finish);
          else finish(null, loaded);
        },
      ),
    );
  };
  disk.open(
    path,
    withValue(
      (error) => done(error, null),
      (file) =>
        readOn(file, 0, (error, loaded) =>
          file.close((closeError) => {
            if (loaded !== null && closeError === null) done(null, loaded);
            else done(error ?? closeError ?? new Error('nothing was read'), null);
          }),
        ),
    ),
  );
}

function finished(parser: SnapshotParser, restore: Restore | null, sizeBytes: number): LoadedSnapshot {
  const { last, time, configuration, counts, hash } = parser.end();
  return { snapshot: { last, time, configuration, sizeBytes, hash }, machine: restore?.finish(counts) ?? null };
}

/** The snapshots of one member: taken, received, read for others, retired. Each has its name only once it is whole and durable. */
import type { LogIndex } from '../base/brand.ts';
import { logIndex } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { StateCut } from '../kv/snapshot.ts';
import type { Snapshot, SnapshotHead, SnapshotName } from '../raft/messages.ts';
import type { Cancel, Done, ReceivedPiece, SnapshotPiece, SnapshotStore } from '../replica/ports.ts';
import type { Disk, DiskFile, DoneWith } from './disk.ts';
import { inSequence, withValue } from './sequence.ts';
import { loadSnapshot, SnapshotWriting, SYNC_EVERY_BYTES } from './snapshot-file.ts';
import { isSnapshotFile, snapshotFile } from './snapshot-format.ts';
import { StorageError } from './storage-error.ts';

const TAKING = 'taking.tmp';
const INCOMING = 'incoming.tmp';
/** One that was read so recently is being sent to somebody: it stays. */
const IN_USE_MS = 10_000;
/** Pieces that wait for the disk; a leader has fewer on their way. */
const MOST_WAITING = 64;

export interface SnapshotStoreParts {
  readonly disk: Disk;
  /** `data/snap`; exists. */
  readonly dir: string;
  readonly clusterId: string;
  /** Names of whole snapshots in the directory, ascending; `newest` is the last of them. */
  readonly names: readonly string[];
  readonly newest: Snapshot | null;
}

interface Incoming {
  readonly snapshot: SnapshotName;
  readonly file: DiskFile;
  next: number;
  syncedTo: number;
}

export class SnapshotFiles implements SnapshotStore {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #clusterId: string;
  #names: readonly string[];
  #newest: Snapshot | null;
  readonly #readAt = new Map<string, number>();
  #incoming: Incoming | null = null;
  #waiting: (() => void)[] = [];
  #receiving = false;

  constructor({ disk, dir, clusterId, names, newest }: SnapshotStoreParts) {
    this.#disk = disk;
    this.#dir = dir;
    this.#clusterId = clusterId;
    this.#names = names;
    this.#newest = newest;
  }

  get newest(): Snapshot | null {
    return this.#newest;
  }

  write(head: SnapshotHead, cut: StateCut, done: DoneWith<Snapshot | null>): Cancel {
    const path = `${this.#dir}/${TAKING}`;
    let writing: SnapshotWriting | null = null;
    let cancelled = false;
    const fail = (error: Error): void => this.#disk.unlink(path, () => done(error, null));
    this.#disk.create(
      path,
      withValue(fail, (file) => {
        writing = new SnapshotWriting(file, head, cut);
        if (cancelled) writing.cancel();
        writing.run(this.#clusterId, (error, snapshot) => {
          file.close((closeError) => {
            if (error !== null || closeError !== null) fail(error ?? closeError ?? new Error('not closed'));
            else if (snapshot === null) this.#disk.unlink(path, () => done(null, null));
            else this.#verify(path, snapshot, done);
          });
        });
      }),
    );
    return () => {
      cancelled = true;
      writing?.cancel();
    };
  }

  read(snapshot: SnapshotName, offset: number, count: number, done: DoneWith<Buffer>): void {
    const name = nameOf(snapshot);
    this.#readAt.set(name, this.#disk.now());
    this.#disk.open(
      `${this.#dir}/${name}`,
      withValue(
        (error) => done(error, null),
        (file) =>
          file.read(offset, count, (error, bytes) => {
            file.close(() => (error === null ? done(null, bytes) : done(error, null)));
          }),
      ),
    );
  }

  receive(piece: SnapshotPiece, done: DoneWith<ReceivedPiece>): void {
    if (this.#waiting.length >= MOST_WAITING) {
      done(null, { next: this.#expected(piece.snapshot), loaded: null });
      return;
    }
    this.#waiting.push(() =>
      this.#take(piece, (...result) => {
        this.#receiving = false;
        done(...result);
        this.#receiveNext();
      }),
    );
    this.#receiveNext();
  }

  retire(done: DoneWith<LogIndex>): void {
    const now = this.#disk.now();
    const kept = this.#names.slice(-LIMITS.snapshotsKept);
    const gone = this.#names
      .filter((name) => !kept.includes(name))
      .filter((name) => now - (this.#readAt.get(name) ?? Number.NEGATIVE_INFINITY) > IN_USE_MS);
    this.#names = this.#names.filter((name) => !gone.includes(name));
    for (const name of gone) this.#readAt.delete(name);
    const steps = gone.map((name) => (next: Done) => this.#disk.unlink(`${this.#dir}/${name}`, next));
    // Of a single one nothing is known but itself: should it rot, only the whole log can take its place.
    const oldest = kept.length < LIMITS.snapshotsKept ? 0 : Number((kept[0] ?? '').slice(0, 16));
    inSequence([...steps, (next) => this.#disk.syncDir(this.#dir, next)], (error) => {
      if (error === null) done(null, logIndex(oldest));
      else done(error, null);
    });
  }

  #receiveNext(): void {
    if (this.#receiving) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#receiving = true;
    next();
  }

  #expected(snapshot: SnapshotName): number {
    const incoming = this.#incoming;
    return incoming !== null && nameOf(incoming.snapshot) === nameOf(snapshot) && incoming.snapshot.hash === snapshot.hash
      ? incoming.next
      : 0;
  }

  #take(piece: SnapshotPiece, done: DoneWith<ReceivedPiece>): void {
    const { snapshot, offset, data } = piece;
    const expected = this.#expected(snapshot);
    const fits = offset === expected && offset + data.length <= snapshot.sizeBytes && data.length > 0;
    if (!fits) {
      done(null, { next: expected, loaded: null });
      return;
    }
    const failed = (error: Error): void => this.#abandon(() => done(error, null));
    const write = (incoming: Incoming): void =>
      incoming.file.write(data, offset, (error) => {
        if (error !== null) return failed(error);
        incoming.next = offset + data.length;
        if (incoming.next >= snapshot.sizeBytes) return this.#complete(incoming, done);
        const { next } = incoming;
        if (next - incoming.syncedTo < SYNC_EVERY_BYTES) return done(null, { next, loaded: null });
        incoming.syncedTo = next;
        incoming.file.sync((syncError) => (syncError === null ? done(null, { next, loaded: null }) : failed(syncError)));
      });
    if (offset > 0 && this.#incoming !== null) {
      write(this.#incoming);
      return;
    }
    this.#abandon(() =>
      this.#disk.create(
        `${this.#dir}/${INCOMING}`,
        withValue(failed, (file) => {
          this.#incoming = { snapshot, file, next: 0, syncedTo: 0 };
          write(this.#incoming);
        }),
      ),
    );
  }

  /** The last piece is written: durable, checked to the last byte, then named. */
  #complete({ snapshot, file }: Incoming, done: DoneWith<ReceivedPiece>): void {
    const path = `${this.#dir}/${INCOMING}`;
    const failed = (error: Error): void => this.#abandon(() => done(error, null));
    file.sync((syncError) => {
      if (syncError !== null) return failed(syncError);
      loadSnapshot({ disk: this.#disk, path, clusterId: this.#clusterId, restores: true }, (error, loaded) => {
        const isIt =
          loaded?.machine != null && nameOf(loaded.snapshot) === nameOf(snapshot) && loaded.snapshot.hash === snapshot.hash;
        if (error !== null || loaded === null || !isIt || loaded.machine === null) {
          failed(
            error ??
              new StorageError({
                kind: 'corrupt',
                file: path,
                offset: null,
                detail: 'this is not the snapshot that was announced',
              }),
          );
          return;
        }
        const { machine } = loaded;
        this.#incoming = null;
        file.close(() =>
          this.#name(INCOMING, loaded.snapshot, (nameError, named) => {
            if (nameError === null) done(null, { next: 0, loaded: { snapshot: named, machine } });
            else done(nameError, null);
          }),
        );
      });
    });
  }

  #abandon(done: () => void): void {
    const incoming = this.#incoming;
    this.#incoming = null;
    if (incoming === null) done();
    else incoming.file.close(() => this.#disk.unlink(`${this.#dir}/${INCOMING}`, done));
  }

  #verify(path: string, snapshot: Snapshot, done: DoneWith<Snapshot | null>): void {
    const fail = (error: Error): void => this.#disk.unlink(path, () => done(error, null));
    loadSnapshot({ disk: this.#disk, path, clusterId: this.#clusterId, restores: false }, (error, loaded) => {
      if (error !== null) fail(error);
      else if (loaded.snapshot.hash !== snapshot.hash) fail(new Error(`${path}: another snapshot was read back`));
      else this.#name(TAKING, snapshot, done);
    });
  }

  /** With its name, a snapshot counts. */
  #name(temporary: string, snapshot: Snapshot, done: DoneWith<Snapshot>): void {
    const name = nameOf(snapshot);
    const steps = [
      (next: Done) => this.#disk.rename(`${this.#dir}/${temporary}`, `${this.#dir}/${name}`, next),
      (next: Done) => this.#disk.syncDir(this.#dir, next),
    ];
    inSequence(steps, (error) => {
      if (error !== null) return done(error, null);
      this.#names = [...this.#names.filter((each) => each !== name), name].sort();
      if (this.#newest === null || snapshot.last.index > this.#newest.last.index) this.#newest = snapshot;
      done(null, snapshot);
    });
  }
}

const nameOf = ({ last }: SnapshotName): string => snapshotFile(last.index, last.term);

/** Names of whole snapshots among those in a directory, ascending. */
export const snapshotNames = (names: readonly string[]): readonly string[] => names.filter(isSnapshotFile).sort();

/** A disk whose changes are noted in an operation log as they are done: after the deed, before anybody hears of it. */
import type { Done } from '../../replica/ports.ts';
import type { Disk, DiskFile, DoneWith } from '../../storage/disk.ts';
import type { OperationLog } from './operation-log.ts';
import type { DiskOperation } from './operation-records.ts';

/** What it needs of an operation log. */
export type OperationNotes = Pick<OperationLog, 'note' | 'nextFile' | 'nextSync'>;

export class RecordedDisk implements Disk {
  readonly #inner: Disk;
  readonly #log: OperationNotes;
  readonly #dir: string;

  /** `dir`: what paths in the log are relative to. */
  constructor(inner: Disk, log: OperationNotes, dir: string) {
    this.#inner = inner;
    this.#log = log;
    this.#dir = dir;
  }

  now(): number {
    return this.#inner.now();
  }

  makeDir(path: string, done: Done): void {
    this.#inner.makeDir(path, this.#noted({ op: 'makeDir', path: this.#relative(path) }, done));
  }

  create(path: string, done: DoneWith<DiskFile>): void {
    this.#inner.create(path, this.#opened('create', path, done));
  }

  open(path: string, done: DoneWith<DiskFile>): void {
    this.#inner.open(path, this.#opened('open', path, done));
  }

  read(path: string, done: DoneWith<Buffer>): void {
    this.#inner.read(path, done);
  }

  list(path: string, done: DoneWith<readonly string[]>): void {
    this.#inner.list(path, done);
  }

  rename(from: string, to: string, done: Done): void {
    this.#inner.rename(from, to, this.#noted({ op: 'rename', from: this.#relative(from), to: this.#relative(to) }, done));
  }

  unlink(path: string, done: Done): void {
    this.#inner.unlink(path, this.#noted({ op: 'unlink', path: this.#relative(path) }, done));
  }

  syncDir(path: string, done: Done): void {
    const id = this.#log.nextSync();
    this.#log.note({ op: 'syncDir', path: this.#relative(path), id });
    this.#inner.syncDir(path, this.#noted({ op: 'synced', id }, done));
  }

  #opened(op: 'create' | 'open', path: string, done: DoneWith<DiskFile>): DoneWith<DiskFile> {
    return (error, inner) => {
      if (error !== null) return done(error, null);
      const file = this.#log.nextFile();
      this.#log.note({ op, path: this.#relative(path), file });
      done(null, this.#file(inner, file));
    };
  }

  #file(inner: DiskFile, file: number): DiskFile {
    return {
      path: inner.path,
      write: (bytes, at, done) =>
        inner.write(bytes, at, (error, nothing) => {
          if (error === null) this.#log.note({ op: 'write', file, at, size: bytes.length }, bytes);
          done(error, nothing);
        }),
      writeDurably: (bytes, at, done) =>
        inner.writeDurably(bytes, at, (error, nothing) => {
          if (error === null) {
            const id = this.#log.nextSync();
            this.#log.note({ op: 'write', file, at, size: bytes.length }, bytes);
            this.#log.note({ op: 'sync', file, id });
            this.#log.note({ op: 'synced', id });
          }
          done(error, nothing);
        }),
      read: (at, count, done, room) => inner.read(at, count, done, room),
      sync: (done) => {
        const id = this.#log.nextSync();
        this.#log.note({ op: 'sync', file, id });
        inner.sync(this.#noted({ op: 'synced', id }, done));
      },
      truncate: (sizeBytes, done) => inner.truncate(sizeBytes, this.#noted({ op: 'truncate', file, size: sizeBytes }, done)),
      close: (done) => inner.close(done),
    };
  }

  #noted(operation: DiskOperation, done: Done): Done {
    return (error, nothing) => {
      if (error === null) this.#log.note(operation);
      done(error, nothing);
    };
  }

  #relative(path: string): string {
    return path === this.#dir ? '' : path.slice(this.#dir.length + 1);
  }
}

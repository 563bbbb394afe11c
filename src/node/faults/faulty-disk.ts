/** A disk that is slow, hangs, is full or fails, as the fault plan says. Reading is never touched. */
import type { Random } from '../../base/random.ts';
import type { DiskEffect } from '../../fault/plan.ts';
import type { Done } from '../../replica/ports.ts';
import { type Disk, type DiskFile, type DoneWith, writeThenSync } from '../../storage/disk.ts';
import { withoutTrailingZeros } from './trailing-zeros.ts';

export interface FaultyDiskParts {
  readonly inner: Disk;
  readonly random: Random;
  /** Runs something after some milliseconds. */
  readonly after: (ms: number, run: () => void) => void;
}

export class FaultyDisk implements Disk {
  readonly #parts: FaultyDiskParts;
  #effects: readonly DiskEffect[] = [];
  /** Operations that do not come back. They are few: whoever uses a disk waits for it. */
  #stuck: (() => void)[] = [];
  /** Bytes up to the last that is not zero, by path: what a file takes on a volume that gives room as it is needed. */
  readonly #used = new Map<string, number>();

  constructor(parts: FaultyDiskParts) {
    this.#parts = parts;
  }

  /** Replaces what is wrong. What hung goes on when nothing makes it hang any more. */
  set(effects: readonly DiskEffect[]): void {
    this.#effects = effects;
    if (this.#hangs) return;
    const stuck = this.#stuck;
    this.#stuck = [];
    for (const run of stuck) run();
  }

  get #hangs(): boolean {
    return this.#effects.some(({ hang }) => hang);
  }

  now(): number {
    return this.#parts.inner.now();
  }

  makeDir(path: string, done: Done): void {
    this.#enter(() => this.#parts.inner.makeDir(path, done));
  }

  create(path: string, done: DoneWith<DiskFile>): void {
    this.#enter(() => {
      this.#used.set(path, 0);
      this.#parts.inner.create(path, this.#wrapped(path, done));
    });
  }

  open(path: string, done: DoneWith<DiskFile>): void {
    this.#parts.inner.open(path, this.#wrapped(path, done));
  }

  read(path: string, done: DoneWith<Buffer>): void {
    this.#parts.inner.read(path, (error, bytes) => {
      if (error !== null) return done(error, null);
      this.#used.set(path, withoutTrailingZeros(bytes).length);
      done(null, bytes);
    });
  }

  list(path: string, done: DoneWith<readonly string[]>): void {
    this.#parts.inner.list(path, done);
  }

  rename(from: string, to: string, done: Done): void {
    this.#enter(() => {
      this.#used.set(to, this.#used.get(from) ?? 0);
      this.#used.delete(from);
      this.#parts.inner.rename(from, to, done);
    });
  }

  unlink(path: string, done: Done): void {
    this.#enter(() => {
      this.#used.delete(path);
      this.#parts.inner.unlink(path, done);
    });
  }

  syncDir(path: string, done: Done): void {
    this.#enter(() =>
      this.#fails('sync') ? done(systemError('EIO', 'i/o error, fsync')) : this.#parts.inner.syncDir(path, done),
    );
  }

  #wrapped(path: string, done: DoneWith<DiskFile>): DoneWith<DiskFile> {
    return (error, file) => {
      if (error === null) done(null, this.#file(path, file));
      else done(error, null);
    };
  }

  #file(path: string, inner: DiskFile): DiskFile {
    const file: DiskFile = {
      path: inner.path,
      write: (bytes, at, done) => this.#enter(() => this.#write(path, inner, bytes, at, done)),
      writeDurably: (bytes, at, done) => {
        if (this.#effects.length > 0) return writeThenSync(file, bytes, at, done);
        this.#use(path, bytes, at);
        inner.writeDurably(bytes, at, done);
      },
      read: (at, count, done, room) => inner.read(at, count, done, room),
      sync: (done) =>
        this.#enter(() => (this.#fails('sync') ? done(systemError('EIO', 'i/o error, fdatasync')) : inner.sync(done))),
      truncate: (sizeBytes, done) =>
        this.#enter(() => {
          this.#used.set(path, Math.min(sizeBytes, this.#used.get(path) ?? 0));
          inner.truncate(sizeBytes, done);
        }),
      close: (done) => inner.close(done),
    };
    return file;
  }

  #use(path: string, bytes: Buffer, at: number): void {
    this.#used.set(path, Math.max(this.#used.get(path) ?? 0, at + withoutTrailingZeros(bytes).length));
  }

  #write(path: string, inner: DiskFile, bytes: Buffer, at: number, done: Done): void {
    if (this.#fails('write')) {
      done(systemError('EIO', 'i/o error, write'));
      return;
    }
    const used = this.#used.get(path) ?? 0;
    const isFull = this.#effects.some(({ full }) => full);
    if (isFull && at + bytes.length > used) {
      // A disk that runs full takes what still fits: the file then ends in a part of the write.
      inner.write(bytes.subarray(0, bytes.length >> 1), at, () => done(systemError('ENOSPC', 'no space left on device, write')));
      return;
    }
    this.#use(path, bytes, at);
    inner.write(bytes, at, done);
  }

  #fails(operation: 'write' | 'sync'): boolean {
    return this.#effects.some(({ fail }) => fail === operation);
  }

  /** Now, later or when the disk no longer hangs. */
  #enter(run: () => void): void {
    const wait = this.#effects.reduce((sum, { slowMs: [least, most] }) => sum + this.#draw(least, most), 0);
    const go = (): void => {
      if (this.#hangs) this.#stuck.push(run);
      else run();
    };
    if (wait > 0) this.#parts.after(wait, go);
    else go();
  }

  #draw(least: number, most: number): number {
    return most > least ? least + this.#parts.random.next() * (most - least) : least;
  }
}

/** As Node reports it, but marked as ours. */
function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what} (injected)`), { code });
}

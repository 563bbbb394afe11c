/**
 * A disk in memory that crashes. Each operation is a step of one queue, so a test can stop the world before any of them.
 * A process crash keeps what was written; a power loss keeps what was synced and any sectors of the rest, and of the
 * names any that were not yet synced with their directory.
 */
import type { Random } from '../base/random.ts';
import type { Done } from '../replica/ports.ts';
import { type Disk, type DiskFile, type DoneWith, writeThenSync } from '../storage/disk.ts';
import { Contents, SECTOR_BYTES } from './contents.ts';

/** One operation that was asked for and not yet carried out. */
export interface DiskStep {
  readonly operation: Operation;
  readonly path: string;
  readonly run: () => void;
  /** For a write: does a part of it, from its beginning. */
  readonly tear: ((random: Random) => void) | null;
}

interface NameChange {
  readonly dir: string;
  readonly removed: string | null;
  readonly added: { readonly path: string; readonly contents: Contents } | null;
}

export type Operation =
  | 'write'
  | 'sync'
  | 'truncate'
  | 'close'
  | 'makeDir'
  | 'create'
  | 'open'
  | 'read'
  | 'list'
  | 'rename'
  | 'unlink'
  | 'syncDir';

export class MemoryDisk implements Disk {
  /** Steps carried out so far. */
  steps = 0;
  /** The world ends before this step. */
  crashAt = Number.POSITIVE_INFINITY;
  /** Returns an error for an operation that is to fail; a failing write leaves half its bytes. `grows`: the file would get longer. */
  fault: (operation: Operation, path: string, grows: boolean) => Error | null = () => null;
  /** Hears of each step; whoever listens calls `carryOut` in his own time, the others call `run`. */
  onStep: ((step: DiskStep) => void) | null = null;
  /** How many of `count` bytes from `at` on a write that fails leaves behind. */
  shortWrite: (at: number, count: number) => number = (_at, count) => count;
  readonly trace: string[] = [];
  keepsTrace = true;
  #names = new Map<string, Contents>();
  #durableNames = new Map<string, Contents>();
  #nameChanges: NameChange[] = [];
  #dirs = new Set<string>(['']);
  #queue: DiskStep[] = [];
  readonly #order: Random | null;

  /** With `order`, steps that are under way together are carried out in any order. */
  constructor(order: Random | null = null) {
    this.#order = order;
  }

  get crashed(): boolean {
    return this.steps >= this.crashAt;
  }

  /** Carries out steps until none is left, or until the crash. */
  run(): void {
    while (this.#queue.length > 0 && !this.crashed) {
      const place = this.#order === null ? 0 : this.#order.integer(0, this.#queue.length);
      const step = this.#queue[place];
      if (step !== undefined) this.carryOut(step);
    }
  }

  carryOut(step: DiskStep): void {
    const place = this.#queue.indexOf(step);
    if (place < 0) return;
    this.#queue.splice(place, 1);
    this.steps += 1;
    step.run();
  }

  now(): number {
    return this.steps;
  }

  /** The next life after the process died: what was written is still there, and some sectors of a write under way. */
  afterProcessCrash(random: Random | null = null): MemoryDisk {
    if (random !== null) for (const { tear } of this.#queue) tear?.(random);
    const next = new MemoryDisk();
    next.#names = new Map(this.#names);
    next.#durableNames = new Map(this.#durableNames);
    next.#nameChanges = [...this.#nameChanges];
    next.#dirs = new Set(this.#dirs);
    return next;
  }

  /** The disk of the next life after the power failed. */
  afterPowerLoss(random: Random, kept = [0, 0.5, 0.9, 1][random.integer(0, 4)] ?? 0): MemoryDisk {
    const names = new Map(this.#durableNames);
    for (const change of this.#nameChanges) {
      if (random.next() >= kept) continue;
      rename(names, change);
    }
    const next = new MemoryDisk();
    next.#dirs = new Set(this.#dirs);
    for (const [path, contents] of names) next.put(path, contents.afterPowerLoss(random, kept));
    return next;
  }

  copy(): MemoryDisk {
    const next = new MemoryDisk();
    next.#dirs = new Set(this.#dirs);
    for (const [path, { current }] of this.#names) next.put(path, Buffer.from(current));
    return next;
  }

  /** Puts a file there as if it had always been; removes it for null. */
  put(path: string, bytes: Buffer | null): void {
    if (bytes === null) {
      this.#names.delete(path);
      this.#durableNames.delete(path);
      return;
    }
    const contents = new Contents(bytes);
    this.#names.set(path, contents);
    this.#durableNames.set(path, contents);
  }

  peek(path: string): Buffer {
    return this.#contents(path).current;
  }

  /** Turns one bit of a file over, on the medium and for every reader; false when the file is not that long. */
  flip(path: string, at: number, bit: number): boolean {
    return this.#contents(path).flip(at, bit);
  }

  paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  makeDir(path: string, done: Done): void {
    this.#step('makeDir', path, done, () => {
      this.#dirs.add(path);
      done(null);
    });
  }

  create(path: string, done: DoneWith<DiskFile>): void {
    this.#step(
      'create',
      path,
      (error) => error && done(error, null),
      () => {
        const contents = new Contents();
        this.#names.set(path, contents);
        this.#nameChanges.push({ dir: dirOf(path), removed: null, added: { path, contents } });
        done(null, this.#file(path, contents));
      },
    );
  }

  open(path: string, done: DoneWith<DiskFile>): void {
    this.#found('open', path, done, (contents) => this.#file(path, contents));
  }

  read(path: string, done: DoneWith<Buffer>): void {
    this.#found('read', path, done, (contents) => Buffer.from(contents.current));
  }

  list(path: string, done: DoneWith<readonly string[]>): void {
    this.#step(
      'list',
      path,
      (error) => error && done(error, null),
      () => {
        const names = [...this.#names.keys(), ...this.#dirs]
          .filter((each) => dirOf(each) === path)
          .map((each) => each.slice(path.length + 1));
        done(null, names.sort());
      },
    );
  }

  rename(from: string, to: string, done: Done): void {
    this.#step('rename', from, done, () => {
      const contents = this.#names.get(from);
      if (contents === undefined) return done(new Error(`no file ${from}`));
      this.#names.delete(from);
      this.#names.set(to, contents);
      this.#nameChanges.push({ dir: dirOf(to), removed: from, added: { path: to, contents } });
      done(null);
    });
  }

  unlink(path: string, done: Done): void {
    this.#step('unlink', path, done, () => {
      if (!this.#names.delete(path)) return done(new Error(`no file ${path}`));
      this.#nameChanges.push({ dir: dirOf(path), removed: path, added: null });
      done(null);
    });
  }

  syncDir(path: string, done: Done): void {
    this.#step('syncDir', path, done, () => {
      const open: NameChange[] = [];
      for (const change of this.#nameChanges) {
        if (change.dir !== path) {
          open.push(change);
          continue;
        }
        // A name that moved here from another directory came about there before: it does not come back when that one is synced.
        const made = open.findIndex(({ added }) => added !== null && added.path === change.removed);
        for (const earlier of made < 0 ? [] : open.splice(made, 1)) rename(this.#durableNames, earlier);
        rename(this.#durableNames, change);
      }
      this.#nameChanges = open;
      done(null);
    });
  }

  #file(path: string, contents: Contents): DiskFile {
    const file: DiskFile = {
      path,
      write: (bytes, at, done) => {
        const failed = (error: Error | null): void => {
          if (error !== null)
            contents.apply({ at, bytes: Buffer.from(bytes.subarray(0, this.shortWrite(at, bytes.length >> 1))) });
          done(error);
        };
        const carryOut = (): void => {
          contents.apply({ at, bytes: Buffer.from(bytes) });
          done(null);
        };
        const tear = (random: Random): void => {
          const carried = wholeSectors(at, random.integer(0, bytes.length + 1));
          contents.apply({ at, bytes: Buffer.from(bytes.subarray(0, carried)) });
        };
        this.#step('write', path, failed, carryOut, { tear, grows: () => at + bytes.length > contents.current.length });
      },
      writeDurably: (bytes, at, done) => writeThenSync(file, bytes, at, done),
      read: (at, count, done) =>
        this.#step(
          'read',
          path,
          (error) => error && done(error, null),
          () => done(null, Buffer.from(contents.current.subarray(at, at + count))),
        ),
      sync: (done) =>
        this.#step(
          'sync',
          path,
          (error) => {
            contents.forget();
            done(error);
          },
          () => {
            contents.sync();
            done(null);
          },
        ),
      truncate: (sizeBytes, done) =>
        this.#step('truncate', path, done, () => {
          contents.apply({ sizeBytes });
          done(null);
        }),
      close: (done) => this.#step('close', path, done, () => done(null)),
    };
    return file;
  }

  #found<T>(operation: Operation, path: string, done: DoneWith<T>, found: (contents: Contents) => T): void {
    this.#step(
      operation,
      path,
      (error) => error && done(error, null),
      () => {
        const contents = this.#names.get(path);
        if (contents === undefined) done(new Error(`no file ${path}`), null);
        else done(null, found(contents));
      },
    );
  }

  #step(
    operation: Operation,
    path: string,
    failed: (error: Error | null) => void,
    carryOut: () => void,
    write: { readonly tear: NonNullable<DiskStep['tear']>; readonly grows: () => boolean } | null = null,
  ): void {
    const run = (): void => {
      if (this.keepsTrace) this.trace.push(`${operation} ${path}`);
      const error = this.fault(operation, path, write?.grows() ?? false);
      if (error === null) carryOut();
      else failed(error);
    };
    const step = { operation, path, run, tear: write?.tear ?? null };
    this.#queue.push(step);
    this.onStep?.(step);
  }

  #contents(path: string): Contents {
    const contents = this.#names.get(path);
    if (contents === undefined) throw new Error(`no file ${path}`);
    return contents;
  }
}

/** Of `count` bytes from `at` on, those in sectors that they fill to the end. */
export function wholeSectors(at: number, count: number): number {
  const end = at + count;
  return Math.max(0, end - (end % SECTOR_BYTES) - at);
}

function rename(names: Map<string, Contents>, { removed, added }: NameChange): void {
  if (removed !== null) names.delete(removed);
  if (added !== null) names.set(added.path, added.contents);
}

const dirOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** As Node reports it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

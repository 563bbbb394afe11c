/**
 * All that the log asks of a file system. The real one is node-disk.ts; tests and simulations put their own behind it,
 * with crashes, torn writes and errors. A path is text with '/' between its parts.
 */
import type { Done, DoneWith } from '../replica/ports.ts';

export type { DoneWith } from '../replica/ports.ts';

export interface DiskFile {
  readonly path: string;
  /** All of `bytes` at `position`, or an error; a short write is carried on. The bytes stay untouched until `done`. */
  write(bytes: Buffer, position: number, done: Done): void;
  /**
   * As `write` and then `sync`, for these bytes. After an error nothing is promised of them, and no later sync makes up for it:
   * they may only be written again.
   */
  writeDurably(bytes: Buffer, position: number, done: Done): void;
  /** Up to `count` bytes from `position` on; fewer only where the file ends. They may lie in `room`, which has place for them. */
  read(position: number, count: number, done: DoneWith<Buffer>, room?: Buffer): void;
  /** Data and size are on the disk when it calls back without an error (fdatasync). */
  sync(done: Done): void;
  /** Shortens the file; durable with the next sync. */
  truncate(sizeBytes: number, done: Done): void;
  close(done: Done): void;
}

export interface Disk {
  /** Monotonic milliseconds, to time the syncs for people. */
  now(): number;
  /** Creates the directory and its missing parents for the owner alone; one that exists is fine. Its name is durable after. */
  makeDir(path: string, done: Done): void;
  /** A new file for the owner alone, emptied if it exists; never through a symbolic link. */
  create(path: string, done: DoneWith<DiskFile>): void;
  /** An existing file, to write in; never through a symbolic link. */
  open(path: string, done: DoneWith<DiskFile>): void;
  /** All bytes of an existing file; never through a symbolic link. */
  read(path: string, done: DoneWith<Buffer>): void;
  /** Names of the files in a directory, sorted. */
  list(path: string, done: DoneWith<readonly string[]>): void;
  rename(from: string, to: string, done: Done): void;
  /** The name goes; whoever has the file open keeps it. */
  unlink(path: string, done: Done): void;
  /** Makes creations, renames and removals in this directory durable. */
  syncDir(path: string, done: Done): void;
}

/** For files that have no quicker way to write durably. */
export function writeThenSync(file: Pick<DiskFile, 'write' | 'sync'>, bytes: Buffer, position: number, done: Done): void {
  file.write(bytes, position, (error) => {
    if (error === null) file.sync(done);
    else done(error);
  });
}

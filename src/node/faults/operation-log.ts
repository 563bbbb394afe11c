/**
 * The file beside a data directory in which a node notes what it does there. It outlives the process: until the power
 * fails, what an earlier process left unsynced is still unsynced.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { type DiskOperation, decodeRecords, encodeRecord } from './operation-records.ts';

/** A log that a node finds longer than this is begun anew from a copy. */
const RESTART_BYTES = 32 * 1_024 * 1_024;
/** Beyond this a running node gives it up. */
const MOST_BYTES = 512 * 1_024 * 1_024;
const FILE_MODE = 0o600;

export class OperationLog {
  readonly #path: string;
  readonly #mostBytes: number;
  #descriptor: number | null;
  #size: number;
  #syncs = 0;
  #files = 0;

  private constructor(path: string, descriptor: number, size: number, mostBytes: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#size = size;
    this.#mostBytes = mostBytes;
  }

  /** Goes on with the log at `path`, or begins it with a copy of `dataDir`. Nothing else may change the directory meanwhile. */
  static open(
    path: string,
    dataDir: string,
    limits: { readonly restartBytes?: number; readonly mostBytes?: number } = {},
  ): OperationLog {
    const { restartBytes = RESTART_BYTES, mostBytes = MOST_BYTES } = limits;
    const kept = fs.existsSync(path) && fs.statSync(path).size <= restartBytes;
    const size = kept ? decodeRecords(fs.readFileSync(path)).endBytes : begin(path, dataDir);
    fs.truncateSync(path, size);
    const log = new OperationLog(path, fs.openSync(path, 'a', FILE_MODE), size, mostBytes);
    log.note({ op: 'start' });
    return log;
  }

  /** Numbers for files and syncs, unique within one process. */
  nextFile(): number {
    this.#files += 1;
    return this.#files;
  }

  nextSync(): number {
    this.#syncs += 1;
    return this.#syncs;
  }

  /**
   * Written before it returns, so that nothing is promised that the log does not know. A log that cannot be written, or that
   * grows too long, is deleted: without it nobody replays a power loss, with a part of it somebody would replay a lie.
   */
  note(operation: DiskOperation, bytes?: Buffer): void {
    if (this.#descriptor === null) return;
    const parts = encodeRecord(operation, bytes);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    try {
      const fits = this.#size + length <= this.#mostBytes;
      if (fits && fs.writevSync(this.#descriptor, parts.slice()) === length) this.#size += length;
      else this.#giveUp();
    } catch {
      this.#giveUp();
    }
  }

  close(): void {
    if (this.#descriptor !== null) fs.closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #giveUp(): void {
    this.close();
    fs.rmSync(this.#path, { force: true });
  }
}

/** Whole or not at all: a copy cut short would be replayed as the truth. */
function begin(path: string, dataDir: string): number {
  const draft = `${path}.tmp`;
  const descriptor = fs.openSync(draft, 'w', FILE_MODE);
  let size = 0;
  const note = (operation: DiskOperation, bytes?: Buffer): void => {
    size += fs.writevSync(descriptor, encodeRecord(operation, bytes).slice());
  };
  try {
    for (const entry of fs.readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
      const name = join(entry.parentPath, entry.name);
      const path = name.slice(dataDir.length + 1);
      if (entry.isDirectory()) note({ op: 'makeDir', path });
      if (!entry.isFile()) continue;
      const bytes = fs.readFileSync(name);
      note({ op: 'found', path, size: bytes.length }, bytes);
    }
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(draft, path);
  return size;
}

/** From an operation log to the simulator's disk, which knows what a power loss may leave. */
import { assert } from '../../../base/assert.ts';
import { type DiskOperation, type OperationRecord, withZeros } from '../../../node/faults/operation-records.ts';
import { MemoryDisk } from '../../../sim/memory-disk.ts';
import type { DiskFile, DoneWith } from '../../../storage/disk.ts';

export interface Replayed {
  readonly disk: MemoryDisk;
  /** Changes that no sync holds: any part of them may be lost. */
  readonly unsynced: number;
}

/** Does everything again that the log tells. Throws for a log that contradicts itself. */
export function replayOperations(records: readonly OperationRecord[]): Replayed {
  const replay = new Replay(endedSyncs(records));
  for (const record of records) replay.step(record);
  return { disk: replay.disk, unsynced: replay.unsynced };
}

/** Which syncs came back, as `life/id`: the numbers begin anew with each process. */
function endedSyncs(records: readonly OperationRecord[]): ReadonlySet<string> {
  const ended = new Set<string>();
  let life = 0;
  for (const { operation } of records) {
    if (operation.op === 'start') life += 1;
    if (operation.op === 'synced') ended.add(`${life}/${operation.id}`);
  }
  return ended;
}

class Replay {
  readonly disk = new MemoryDisk();
  readonly #ended: ReadonlySet<string>;
  #life = 0;
  #files = new Map<number, DiskFile>();
  /** By path of the file, or of the directory for names. */
  readonly #changes = new Map<string, number>();

  constructor(ended: ReadonlySet<string>) {
    this.#ended = ended;
    this.disk.keepsTrace = false;
  }

  get unsynced(): number {
    return [...this.#changes.values()].reduce((sum, count) => sum + count, 0);
  }

  step({ operation, bytes }: OperationRecord): void {
    switch (operation.op) {
      case 'start':
        this.#life += 1;
        this.#files = new Map();
        break;
      case 'found':
        this.disk.put(at(operation.path), Buffer.from(withZeros(bytes, operation.size)));
        break;
      case 'makeDir':
        this.disk.makeDir(at(operation.path), failIf);
        break;
      case 'create':
        this.disk.create(at(operation.path), this.#opened(operation.file));
        this.#changed(dirOf(operation.path));
        break;
      case 'open':
        this.disk.open(at(operation.path), this.#opened(operation.file));
        break;
      case 'rename':
        this.disk.rename(at(operation.from), at(operation.to), failIf);
        this.#changed(dirOf(operation.to));
        break;
      case 'unlink':
        this.disk.unlink(at(operation.path), failIf);
        this.#changed(dirOf(operation.path));
        break;
      default:
        this.#stepInFile(operation, bytes);
    }
    this.disk.run();
  }

  #stepInFile(
    operation: Extract<DiskOperation, { readonly op: 'write' | 'truncate' | 'sync' | 'syncDir' | 'synced' }>,
    bytes: Buffer,
  ): void {
    switch (operation.op) {
      case 'write':
        this.#file(operation.file).write(withZeros(bytes, operation.size), operation.at, failIf);
        this.#changed(this.#file(operation.file).path);
        break;
      case 'truncate':
        this.#file(operation.file).truncate(operation.size, failIf);
        this.#changed(this.#file(operation.file).path);
        break;
      case 'sync':
        // What was written while the disk synced comes later in the log, and is not held by it.
        if (!this.#hasEnded(operation.id)) break;
        this.#file(operation.file).sync(failIf);
        this.#changes.delete(this.#file(operation.file).path);
        break;
      case 'syncDir':
        if (!this.#hasEnded(operation.id)) break;
        this.disk.syncDir(at(operation.path), failIf);
        this.#changes.delete(at(operation.path));
        break;
      case 'synced':
        break;
    }
  }

  #hasEnded(id: number): boolean {
    return this.#ended.has(`${this.#life}/${id}`);
  }

  #changed(place: string): void {
    this.#changes.set(place, (this.#changes.get(place) ?? 0) + 1);
  }

  #opened(number: number): DoneWith<DiskFile> {
    return (error, file) => {
      if (error !== null) throw error;
      this.#files.set(number, file);
    };
  }

  #file(number: number): DiskFile {
    const file = this.#files.get(number);
    assert(file !== undefined, 'an operation log opens a file before it uses it', () => ({ number }));
    return file;
  }
}

/** The simulator's paths begin at its root. */
function at(path: string): string {
  assert(!path.split('/').includes('..'), 'a path stays in its directory', () => ({ path }));
  return path === '' ? '' : `/${path}`;
}

function dirOf(path: string): string {
  return at(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
}

function failIf(error: Error | null): void {
  if (error !== null) throw error;
}

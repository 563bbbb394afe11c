/** One machine's disk in virtual time: every operation takes its while, and some go wrong. */
import type { Random } from '../base/random.ts';
import type { Disk } from '../storage/disk.ts';
import type { EventQueue } from './event-queue.ts';
import { type DiskStep, MemoryDisk, type Operation, systemError, wholeSectors } from './memory-disk.ts';

export type Span = readonly [fromMs: number, toMs: number];

const QUICK: Span = [0.01, 0.1];

export interface SimDiskParts {
  readonly queue: EventQueue;
  readonly random: Random;
  /** How long a sync takes on a good day. */
  readonly syncMs: Span;
  /** Runs a step within the process that asked for it, now or when it is no longer paused. */
  readonly enter: (run: () => void) => void;
  /** The step that was armed has come: the process ends before it is carried out. */
  readonly onCrashPoint: () => void;
}

export class SimDisk {
  readonly #parts: SimDiskParts;
  #memory: MemoryDisk;
  #stuck: DiskStep[] = [];
  #slowMs: Span | null = null;
  #hung = false;
  #full = false;
  #failing: Operation | null = null;
  #crashPoint: { readonly files: RegExp; left: number } | null = null;
  /** An error was injected since the last start: the process may stop for it. */
  failed = false;
  /** A bit was turned over since the last start: the log may have to be repaired. */
  rotten = false;

  constructor(parts: SimDiskParts) {
    this.#parts = parts;
    this.#memory = this.#mounted(new MemoryDisk());
  }

  get port(): Disk {
    return this.#memory;
  }

  get isHealthy(): boolean {
    return !this.#full && this.#failing === null && !this.#hung;
  }

  slow(span: Span | null): void {
    this.#slowMs = span;
  }

  /** Operations do not come back; later they do. */
  hang(hung: boolean): void {
    this.#hung = hung;
    if (hung) return;
    const stuck = this.#stuck;
    this.#stuck = [];
    for (const step of stuck) this.#schedule(step);
  }

  fill(full: boolean): void {
    this.#full = full;
  }

  /** The next operation of this kind fails with EIO; null: none will. */
  failNext(operation: 'sync' | 'write' | null): void {
    this.#failing = operation;
  }

  /** The process ends just before the step that comes after `steps` more on the files that `files` names. */
  armCrash(files: RegExp, steps: number): void {
    this.#crashPoint = { files, left: steps };
  }

  disarmCrash(): void {
    this.#crashPoint = null;
  }

  afterProcessCrash(): void {
    this.#replace(this.#memory.afterProcessCrash(this.#parts.random));
  }

  afterPowerLoss(): void {
    this.#replace(this.#memory.afterPowerLoss(this.#parts.random));
  }

  /** Turns a bit over in the files that `which` names; `place` in [0, 1) says where in all their bytes. Null when there are none. */
  rot(which: RegExp, place: number, bit: number): string | null {
    const paths = this.paths(which);
    const sizes = paths.map((path) => endOfUse(this.#memory.peek(path)));
    let at = Math.floor(place * sizes.reduce((sum, size) => sum + size, 0));
    const found = sizes.findIndex((size) => {
      if (at < size) return true;
      at -= size;
      return false;
    });
    const path = paths[found];
    if (path === undefined || !this.#memory.flip(path, at, bit)) return null;
    this.rotten = true;
    return `${path} byte ${at} bit ${bit}`;
  }

  /** Names of files that `which` names. */
  paths(which: RegExp): readonly string[] {
    return this.#memory.paths().filter((each) => which.test(each));
  }

  #replace(memory: MemoryDisk): void {
    this.#stuck = [];
    this.#crashPoint = null;
    this.#memory = this.#mounted(memory);
  }

  #mounted(memory: MemoryDisk): MemoryDisk {
    memory.keepsTrace = false;
    memory.shortWrite = wholeSectors;
    memory.onStep = (step) => this.#schedule(step);
    memory.fault = (operation, _path, grows) => this.#fault(operation, grows);
    return memory;
  }

  #schedule(step: DiskStep): void {
    const memory = this.#memory;
    this.#parts.queue.after(this.#duration(step.operation), () => {
      if (memory === this.#memory) this.#parts.enter(() => this.#due(memory, step));
    });
  }

  #due(memory: MemoryDisk, step: DiskStep): void {
    if (memory !== this.#memory) return;
    if (this.#hung) {
      this.#stuck.push(step);
      return;
    }
    const point = this.#crashPoint;
    if (point?.files.test(step.path) === true) {
      if (point.left === 0) {
        this.#parts.onCrashPoint();
        return;
      }
      point.left -= 1;
    }
    memory.carryOut(step);
  }

  #duration(operation: Operation): number {
    const span = operation === 'sync' || operation === 'syncDir' ? this.#parts.syncMs : QUICK;
    return this.#draw(span) + (this.#slowMs === null || operation === 'close' ? 0 : this.#draw(this.#slowMs));
  }

  #draw([from, to]: Span): number {
    return from + this.#parts.random.next() * (to - from);
  }

  #fault(operation: Operation, grows: boolean): Error | null {
    if (this.#full && grows) return this.#failure('ENOSPC');
    if (this.#failing !== operation) return null;
    this.#failing = null;
    return this.#failure('EIO');
  }

  #failure(code: string): Error {
    this.failed = true;
    return systemError(code);
  }
}

/** Without the zeros at its end. */
function endOfUse(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}

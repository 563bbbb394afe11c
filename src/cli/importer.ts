/** Puts records with many in flight, and knows at any time up to where all of them are in the cluster. */
import type { KvClient } from '../cluster/driver.ts';
import { BEGINNING, type ImportPosition } from './checkpoint.ts';
import type { ImportItem } from './import-formats.ts';

export interface ImportOptions {
  readonly inFlight: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly start: ImportPosition;
}

interface Slot {
  readonly position: Omit<ImportPosition, 'records'>;
  done: boolean;
}

export class Importer {
  readonly #kv: KvClient;
  readonly #options: ImportOptions;
  /** In the order of the file; the head is the oldest that is not yet certain. */
  readonly #slots: Slot[] = [];
  #head = 0;
  /** Two writes of one key must not overtake each other. */
  readonly #busyKeys = new Map<string, Promise<void>>();
  #waiting: (() => void) | null = null;
  #inFlight = 0;
  #position: ImportPosition;
  #imported = 0;
  #failure: unknown = null;

  constructor(kv: KvClient, options: ImportOptions) {
    this.#kv = kv;
    this.#options = options;
    this.#position = options.start ?? BEGINNING;
  }

  /** Up to here everything is in the cluster. */
  get position(): ImportPosition {
    return this.#position;
  }

  /** Acknowledged writes of this run. */
  get imported(): number {
    return this.#imported;
  }

  /** The first write that failed; nothing is sent after it. */
  get failure(): unknown {
    return this.#failure;
  }

  get stopped(): boolean {
    return this.#failure !== null || this.#options.signal.aborted;
  }

  /** Resolves when there is room for the next record. */
  async put(item: ImportItem & { readonly type: 'record' }): Promise<void> {
    await this.#busyKeys.get(item.key);
    while (this.#inFlight >= this.#options.inFlight) await this.#room();
    if (this.stopped) return;
    const slot: Slot = { position: { offset: item.end, line: item.line }, done: false };
    this.#slots.push(slot);
    this.#inFlight += 1;
    const write = this.#write(item, slot);
    this.#busyKeys.set(item.key, write);
    void write.then(() => {
      if (this.#busyKeys.get(item.key) === write) this.#busyKeys.delete(item.key);
    });
  }

  /** Counts a record that was reported and left out as dealt with. */
  skip(item: ImportItem): void {
    this.#slots.push({ position: { offset: item.end, line: item.line }, done: true });
    this.#advance();
  }

  /** Resolves when every write that was sent has ended. */
  async drain(): Promise<void> {
    while (this.#inFlight > 0) await this.#room();
  }

  async #write(item: ImportItem & { readonly type: 'record' }, slot: Slot): Promise<void> {
    try {
      await this.#kv.put(item.key, item.value, { deadlineMs: this.#options.deadlineMs, signal: this.#options.signal });
      slot.done = true;
      this.#imported += 1;
      this.#advance();
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#inFlight -= 1;
      this.#waiting?.();
    }
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = () => {
        this.#waiting = null;
        resolve();
      };
    });
  }

  #advance(): void {
    let slot = this.#slots[this.#head];
    while (slot?.done === true) {
      this.#position = { ...slot.position, records: this.#position.records + 1 };
      this.#head += 1;
      slot = this.#slots[this.#head];
    }
    if (this.#head > 1_024) this.#slots.splice(0, this.#head);
    if (this.#head > 1_024) this.#head = 0;
  }
}

/** What is committed and not yet applied, as far as it was taken out of the log: a little at a time, since after a start it is long. */
import type { Entry } from '../raft/messages.ts';

export class Backlog {
  #entries: Entry[] = [];
  /** The place of the next one. */
  #next = 0;

  get length(): number {
    return this.#entries.length - this.#next;
  }

  push(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    if (this.#next > 0) this.#entries = this.#entries.slice(this.#next);
    this.#next = 0;
    for (const entry of entries) this.#entries.push(entry);
  }

  /** The oldest, which goes. */
  shift(): Entry | null {
    const entry = this.#entries[this.#next] ?? null;
    if (entry === null) return null;
    this.#next += 1;
    if (this.#next === this.#entries.length) this.clear();
    return entry;
  }

  clear(): void {
    this.#entries = [];
    this.#next = 0;
  }
}

/** Reads the committed entries of one node page by page, so slowly that the node does not notice. */
import { type LogIndex, logIndex, type Term } from '../../../base/brand.ts';
import type { LogRow, MemberStatus } from '../../../replica/status.ts';

const PAGE_ROWS = 256;
/** Over a thousand entries a second and node. */
const PAGE_EVERY_MS = 200;
/**
 * Pages end at the same indexes on all nodes, so that all tell the same page in the same words, which is read but once (net/same-answers.ts).
 * The end of a log that grows waits so long for the rest of its page.
 */
const WHOLE_PAGE_MS = 1_000;
const AFTER_FAILURE_MS = 1_000;
/** On the first look, so much of what is already there. */
const LOOK_BACK = 512;
/** Who is further behind gives up on what is between. */
const MOST_BEHIND = 4_096;

export interface CommittedReaderOptions {
  readonly read: (from: LogIndex, limit: number) => Promise<readonly LogRow[]>;
  /** `previous` is the term of the entry before the first row; null when that was not read. */
  readonly onRows: (status: MemberStatus, previous: Term | null, rows: readonly LogRow[]) => void;
  /** Takes a place in the row of all readers, and tells how long to wait for it, in milliseconds. Default: no time. */
  readonly turn?: () => number;
}

/** A page takes the reader of keys some milliseconds: those of all nodes come one after the other, and not all in one turn of the loop. */
export class PageTurns {
  static readonly APART_MS = 25;
  #next = 0;

  /** `now` in milliseconds. */
  take(now: number): number {
    const at = Math.max(now, this.#next);
    this.#next = at + PageTurns.APART_MS;
    return at - now;
  }
}

export class CommittedReader {
  readonly #options: CommittedReaderOptions;
  #status: MemberStatus | null = null;
  /** Everything up to here was read or passed over; null before the first status. */
  #upTo: number | null = null;
  #previous: Term | null = null;
  #skipped = 0;
  #reading = false;
  #timer: NodeJS.Timeout | null = null;
  /** The timer waits for the rest of a page. */
  #waits = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: CommittedReaderOptions) {
    this.#options = options;
  }

  get behind(): number {
    return Math.max(0, (this.#status?.commitIndex ?? 0) - (this.#upTo ?? 0));
  }

  get upTo(): number | null {
    return this.#upTo;
  }

  get skipped(): number {
    return this.#skipped;
  }

  /** The newest status of the node. */
  update(status: MemberStatus): void {
    this.#status = status;
    this.#upTo ??= Math.max(status.compactedIndex, status.commitIndex - LOOK_BACK, 0);
    if (this.#waits && this.#isWhole(status)) {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      this.#waits = false;
    }
    if (!this.#reading && this.#timer === null) this.#begin();
  }

  /** The node went away: what it is asked next must not be compared with a page that was under way. */
  pause(): void {
    this.#status = null;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** The node has all of the page that comes next. */
  #isWhole({ commitIndex }: MemberStatus): boolean {
    return commitIndex >= pageEnd(this.#upTo ?? 0);
  }

  #begin(): void {
    if (this.behind === 0 || this.#status === null) return;
    const patienceMs = this.#readAt + WHOLE_PAGE_MS - performance.now();
    this.#waits = patienceMs > 0 && !this.#isWhole(this.#status);
    if (this.#waits) {
      this.#later(patienceMs, () => this.#begin());
      return;
    }
    const waitMs = this.#options.turn?.() ?? 0;
    if (waitMs > 0) this.#later(waitMs, () => void this.#readPage());
    else void this.#readPage();
  }

  async #readPage(): Promise<void> {
    const status = this.#status;
    if (status === null || this.#stopped || this.#upTo === null) return;
    this.#skipTo(status);
    const from = this.#upTo;
    const limit = Math.min(pageEnd(from), status.commitIndex) - from;
    if (limit <= 0) return;
    this.#reading = true;
    this.#readAt = performance.now();
    const rows = (await this.#options.read(logIndex(from + 1), limit).catch(() => null)) ?? [];
    this.#reading = false;
    if (this.#stopped || this.#status === null) return;
    const follows = ({ index }: LogRow, place: number): boolean => index === from + 1 + place;
    const page = rows.length <= limit && rows.every(follows) ? rows : rows.slice(0, limit).filter(follows);
    const last = page.at(-1);
    if (last !== undefined) {
      this.#options.onRows(status, this.#previous, page);
      this.#upTo = last.index;
      this.#previous = last.term;
    }
    this.#later(last === undefined ? AFTER_FAILURE_MS : PAGE_EVERY_MS, () => this.#begin());
  }

  #skipTo({ commitIndex, compactedIndex }: MemberStatus): void {
    const upTo = this.#upTo ?? 0;
    const next = Math.max(upTo, compactedIndex, commitIndex - upTo > MOST_BEHIND ? commitIndex - PAGE_ROWS : 0);
    if (next === upTo) return;
    this.#skipped += next - upTo;
    this.#upTo = next;
    this.#previous = null;
  }

  #later(afterMs: number, run: () => void): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#waits = false;
      run();
    }, afterMs);
    this.#timer.unref();
  }
}

/** The last index of the page in which `index + 1` is. */
function pageEnd(index: number): number {
  return (Math.floor(index / PAGE_ROWS) + 1) * PAGE_ROWS;
}

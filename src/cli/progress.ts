/** One bar for all long work: in place on a terminal, a line every few seconds elsewhere, nothing with --json or --quiet. */
import { formatElapsed } from '../commands/duration.ts';
import type { TextSink } from './io.ts';
import { StatusLine } from './status-line.ts';

const LIVE_MS = 100;
const PLAIN_MS = 3_000;
const BAR_CELLS = 24;

export interface ProgressState {
  /** Work done and in all, in the same unit; `total` null when nobody knows. */
  readonly done: number;
  readonly total: number | null;
  /** What is counted for people, and its name. */
  readonly count: number;
  readonly noun: string;
}

export class Progress {
  readonly #line: StatusLine;
  readonly #now: () => number;
  readonly #startedAt: number;
  #shownAt: number;
  #doneAtStart: number | null = null;
  #countAtStart = 0;

  constructor(sink: TextSink, quiet: boolean, now: () => number = () => performance.now()) {
    this.#line = new StatusLine(sink, quiet);
    this.#now = now;
    this.#startedAt = now();
    this.#shownAt = this.#startedAt;
  }

  /** Cheap to call for every record. */
  update(state: ProgressState): void {
    if (this.#doneAtStart === null) {
      this.#doneAtStart = state.done;
      this.#countAtStart = state.count;
    }
    const now = this.#now();
    if (now - this.#shownAt < (this.#line.isLive ? LIVE_MS : PLAIN_MS)) return;
    this.#shownAt = now;
    this.#line.show(this.#text(state, now - this.#startedAt));
  }

  end(): void {
    this.#line.end();
  }

  #text({ done, total, count, noun }: ProgressState, elapsedMs: number): string {
    const rate = ((count - this.#countAtStart) / elapsedMs) * 1_000;
    const head = `${formatCount(count)} ${noun}  ${formatCount(rate)}/s`;
    if (total === null || total <= 0) return `${head}  ${formatElapsed(elapsedMs)}`;
    const part = Math.min(1, done / total);
    const progressed = done - (this.#doneAtStart ?? 0);
    const leftMs = progressed > 0 ? ((total - done) / progressed) * elapsedMs : null;
    const eta = leftMs === null ? '' : `  ${formatElapsed(Math.max(0, leftMs))} left`;
    return `${bar(part)} ${String(Math.floor(part * 100)).padStart(3)}%  ${head}${eta}`;
  }
}

export function bar(part: number, cells: number = BAR_CELLS): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * cells);
  return `[${'#'.repeat(full)}${'.'.repeat(cells - full)}]`;
}

/** Whole numbers with separators: 12,345. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

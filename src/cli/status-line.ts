import { safe } from '../base/safe.ts';
import type { TextSink } from './io.ts';

/** One line on standard error that changes in place on a terminal, and is a line each time elsewhere. */
export class StatusLine {
  readonly #sink: TextSink;
  readonly #quiet: boolean;
  #open = false;

  constructor(sink: TextSink, quiet: boolean) {
    this.#sink = sink;
    this.#quiet = quiet;
  }

  get isLive(): boolean {
    return this.#sink.isTTY === true && !this.#quiet;
  }

  show(text: string): void {
    if (this.#quiet) return;
    if (!this.isLive) {
      this.#sink.write(`${safe(text)}\n`);
      return;
    }
    const width = Math.max(20, (this.#sink.columns ?? 80) - 1);
    this.#sink.write(`\r\x1b[K${safe(text).slice(0, width)}`);
    this.#open = true;
  }

  /** Leaves nothing behind on a terminal. */
  end(): void {
    if (this.#open) this.#sink.write('\r\x1b[K');
    this.#open = false;
  }
}

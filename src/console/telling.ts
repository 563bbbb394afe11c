/** The lines of a command that goes on, handed over a few times a second, so that a flood of them costs no flood of frames. */
import type { ResultPart } from '../commands/command.ts';

const EVERY_MS = 50;
/** So many lines between two hand-overs; whoever tells more has to wait. */
const MOST_WAITING = 500;

export class Telling {
  readonly #show: (lines: readonly string[]) => void;
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #full = Promise.withResolvers<void>();

  constructor(show: (lines: readonly string[]) => void) {
    this.#show = show;
  }

  readonly emit = ({ lines }: Pick<ResultPart, 'lines'>): Promise<void> | undefined => {
    this.#waiting.push(...lines);
    this.#timer ??= setTimeout(() => this.flush(), EVERY_MS);
    return this.#waiting.length < MOST_WAITING ? undefined : this.#full.promise;
  };

  /** Hands over what waits, at once. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length > 0) this.#show(lines);
    this.#full.resolve();
    this.#full = Promise.withResolvers<void>();
  }
}

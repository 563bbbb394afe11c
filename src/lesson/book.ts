/** The pages of a lesson under way: the newest is written, the earlier ones can be read again. */
import type { LessonInput, ShownLesson } from './shown.ts';

/** More than a lesson has; whoever repeats a part again and again loses the oldest. */
const MOST_PAGES = 200;

export class Book {
  readonly #onShown: (shown: ShownLesson) => void;
  readonly #pages: ShownLesson[] = [];
  /** The earlier page that is read again; null for the newest. */
  #looking: number | null = null;
  #turned = 0;

  constructor(onShown: (shown: ShownLesson) => void) {
    this.#onShown = onShown;
  }

  get shown(): ShownLesson | null {
    if (this.#looking === null) return this.#pages.at(-1) ?? null;
    const page = this.#pages[this.#looking];
    return page === undefined ? null : { ...page, past: true, repeats: false };
  }

  turn(page: Omit<ShownLesson, 'page'>): void {
    this.#turned += 1;
    this.#pages.push({ ...page, page: this.#turned });
    if (this.#pages.length > MOST_PAGES) this.#pages.shift();
    this.#looking = null;
    this.#tell();
  }

  write(change: Partial<ShownLesson>): void {
    const last = this.#pages.at(-1);
    if (last === undefined) return;
    this.#pages[this.#pages.length - 1] = { ...last, ...change };
    if (this.#looking === null) this.#tell();
  }

  /** True when it was about turning pages that are there. */
  leaf({ type }: LessonInput): boolean {
    const last = this.#pages.length - 1;
    if (type === 'back') {
      this.#looking = Math.max(0, (this.#looking ?? last) - 1);
    } else if (this.#looking !== null) {
      if (type === 'next') this.#looking = this.#looking + 1 >= last ? null : this.#looking + 1;
    } else {
      return false;
    }
    this.#tell();
    return true;
  }

  #tell(): void {
    const { shown } = this;
    if (shown !== null) this.#onShown(shown);
  }
}

/**
 * A row of records of bytes outside of V8's heap, which no collection of garbage walks through: new ones come at the end, old ones go from
 * the front. Pages of records, each with its table of places growing towards them from the other end. Pages that become free are used
 * again, so it takes as much as it held at most; a record that is larger than a page has one to itself, which goes with it. Whole pages are
 * shared memory, though nobody shares it: V8 does not count that as a reason to look for garbage.
 */
import { assert } from './assert.ts';

const FIRST_BYTES = 4 * 1_024;
const PAGE_BYTES = 256 * 1_024;
const PLACE_BYTES = 4;

/** Two ways to look at the same bytes. */
export interface Bytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Where a record is. */
export interface Spot extends Bytes {
  readonly at: number;
}

interface Page extends Bytes {
  /** Number of the first record, counted from the first that ever came. */
  first: number;
  count: number;
  /** Where the next record begins. */
  end: number;
}

export class ByteRows {
  /** Ascending; none is empty. */
  readonly #pages: Page[] = [];
  readonly #spare: Page[] = [];
  /** Numbers of the first record that is here, and of the next one that will be. */
  #from = 0;
  #next = 0;
  /** The place among `#pages` of the one that was looked at last: most look at the same one again, or at the next. */
  #looked = 0;

  get length(): number {
    return this.#next - this.#from;
  }

  /** Bytes of all pages, those in reserve included. */
  get pageBytes(): number {
    return [...this.#pages, ...this.#spare].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** A new record of so many bytes at the end, of undefined content. */
  push(recordBytes: number): Spot {
    const page = this.#pageFor(recordBytes + PLACE_BYTES);
    const { bytes, view, end: at } = page;
    page.count += 1;
    page.end = at + recordBytes;
    view.setUint32(bytes.length - PLACE_BYTES * page.count, at, true);
    this.#next += 1;
    return { bytes, view, at };
  }

  /** The record at `place`, counted from the first that is here. */
  spot(place: number): Spot {
    const number = this.#from + place;
    const page = this.#near(number) ?? this.#search(number);
    assert(page !== undefined && place >= 0 && number < this.#next, 'a record is in a page', () => place);
    const { bytes, view, first } = page;
    return { bytes, view, at: view.getUint32(bytes.length - PLACE_BYTES * (number - first + 1), true) };
  }

  /** The first `count` go. */
  drop(count: number): void {
    this.#from += Math.min(count, this.length);
    const kept = this.#pages.findIndex(({ first, count: held }) => first + held > this.#from);
    if (kept === 0) return;
    for (const page of this.#pages.splice(0, kept < 0 ? this.#pages.length : kept)) this.#free(page);
  }

  /** All but the first `count` go. */
  cut(count: number): void {
    if (count >= this.length) return;
    this.#next = this.#from + count;
    for (let last = this.#pages.at(-1); last !== undefined; last = this.#pages.at(-1)) {
      const kept = this.#next - last.first;
      if (kept > 0) {
        if (kept < last.count) last.end = last.view.getUint32(last.bytes.length - PLACE_BYTES * (kept + 1), true);
        last.count = Math.min(kept, last.count);
        return;
      }
      this.#pages.pop();
      this.#free(last);
    }
  }

  #near(number: number): Page | null {
    for (let at = this.#looked; at < Math.min(this.#looked + 2, this.#pages.length); at += 1) {
      const page = this.#pages[at];
      if (page === undefined || number < page.first || number >= page.first + page.count) continue;
      this.#looked = at;
      return page;
    }
    return null;
  }

  #search(number: number): Page | undefined {
    let [low, high] = [0, this.#pages.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#pages[middle]?.first ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    this.#looked = low;
    return this.#pages[low];
  }

  #pageFor(bytes: number): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.end + bytes + PLACE_BYTES * last.count <= last.bytes.length) return last;
    const fitting = bytes <= PAGE_BYTES ? this.#spare.pop() : undefined;
    const size = Math.max(bytes, last === undefined ? FIRST_BYTES : Math.min(PAGE_BYTES, 2 * last.bytes.length));
    const page = fitting ?? newPage(size);
    page.first = this.#next;
    page.count = 0;
    page.end = 0;
    this.#pages.push(page);
    return page;
  }

  /** Only whole pages are worth keeping. */
  #free(page: Page): void {
    if (page.bytes.length === PAGE_BYTES) this.#spare.push(page);
  }
}

function newPage(size: number): Page {
  const bytes = size === PAGE_BYTES ? Buffer.from(new SharedArrayBuffer(size)) : Buffer.allocUnsafeSlow(size);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), first: 0, count: 0, end: 0 };
}

/** UTF-8 would change a text that is not well-formed; what is ASCII is read back quicker if that is known. */
const ENCODINGS = ['latin1', 'utf8', 'utf16le'] as const;
const STEP = 4;

/** Bytes that `text` takes, and how it is kept so that it comes back equal, as one number: see `bytesOf`. */
export function sizeOf(text: string): number {
  const bytes = Buffer.byteLength(text);
  if (bytes === text.length) return bytes * STEP;
  return text.isWellFormed() ? bytes * STEP + 1 : 2 * text.length * STEP + 2;
}

export const bytesOf = (size: number): number => Math.floor(size / STEP);

export function writeText({ bytes }: Spot, at: number, text: string, size: number): void {
  bytes.write(text, at, ENCODINGS[size % STEP]);
}

export function readText({ bytes }: Spot, at: number, size: number): string {
  return bytes.toString(ENCODINGS[size % STEP], at, at + bytesOf(size));
}

/** As `sizeOf` of a text of ASCII characters, of which these are as many as it has. */
export const sizeOfAscii = (characters: number): number => characters * STEP;

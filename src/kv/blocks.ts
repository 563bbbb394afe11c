/**
 * Memory outside of V8's heap, which no garbage collection walks through: blocks of many sizes, each size in a row of pages of
 * its own. A row has no holes: where a block is given back, the last one of its row moves in, and its owner is told. So what is
 * allocated is what is in use, rounded up by a thirty-second, and a page or two for each size. Whole pages are shared memory, though
 * nobody shares it: V8 does not count that, and a store that grows is no reason to look for garbage.
 */
import { assert } from '../base/assert.ts';

/** Pages hold a power of two of blocks, in at most so many bytes; a larger block has a page to itself. */
const PAGE_BYTES = 128 * 1_024;
const SHARED_BYTES = PAGE_BYTES / 2;
/** The owner: the first four bytes of every block. */
export const OWNER_BYTES = 4;
const STEP_BYTES = 8;
/** Sizes up to this are multiples of STEP_BYTES; above, 32 sizes divide each doubling. */
const FINE_BYTES = 256;
const FINE_SIZES = FINE_BYTES / STEP_BYTES;

export interface Page {
  readonly bytes: Buffer;
  readonly view: DataView;
}

interface Row {
  readonly blockBytes: number;
  /** Blocks of a page: 2 to this power. */
  readonly shift: number;
  readonly pages: Page[];
  count: number;
}

/** Which row blocks of so many bytes are in. */
export function rowOf(bytes: number): number {
  if (bytes <= FINE_BYTES) return Math.max(1, Math.ceil(bytes / STEP_BYTES));
  const exponent = 31 - Math.clz32(bytes - 1);
  return 32 * (exponent - 8) + ((bytes - 1) >>> (exponent - 5)) + 1;
}

/** The size of the blocks in a row: the largest that `rowOf` puts there. */
export function bytesOfRow(row: number): number {
  if (row <= FINE_SIZES) return row * STEP_BYTES;
  const doubling = Math.floor((row - 1) / 32) - 1;
  return (row - 32 * doubling) * 2 ** (doubling + 3);
}

export class Blocks {
  readonly #rows: (Row | undefined)[] = [];
  readonly #onMove: (owner: number, place: number) => void;

  /** `onMove` hears that the block of `owner` is now at `place` of the same row. */
  constructor(onMove: (owner: number, place: number) => void) {
    this.#onMove = onMove;
  }

  /** Bytes of all pages. */
  get pageBytes(): number {
    return this.#rows.reduce((sum, row) => sum + (row?.pages.reduce((bytes, page) => bytes + page.bytes.length, 0) ?? 0), 0);
  }

  /** A new block at the end of its row, of undefined content but for the owner; returns its place. */
  add(row: number, owner: number): number {
    const found = this.#rows[row] ?? emptyRow(row);
    this.#rows[row] = found;
    const place = found.count;
    found.count += 1;
    makeRoom(found, place);
    this.page(row, place).view.setUint32(this.offset(row, place), owner, true);
    return place;
  }

  /** The last block of the row takes the place of this one. */
  remove(row: number, place: number): void {
    const found = this.#row(row);
    const last = found.count - 1;
    if (place !== last) {
      const from = this.page(row, last);
      const at = this.offset(row, last);
      from.bytes.copy(this.page(row, place).bytes, this.offset(row, place), at, at + found.blockBytes);
      this.#onMove(from.view.getUint32(at, true), place);
    }
    found.count = last;
    const pages = Math.ceil(last / (1 << found.shift));
    // One page in reserve, so that a block that comes and goes does not bring a page along each time.
    if (found.pages.length > pages + 1 || last === 0) found.pages.length = last === 0 ? 0 : pages + 1;
  }

  page(row: number, place: number): Page {
    const found = this.#row(row);
    const page = found.pages[place >>> found.shift];
    assert(page !== undefined, 'a block is in a page', () => ({ row, place }));
    return page;
  }

  /** Where the block begins in its page. */
  offset(row: number, place: number): number {
    const { blockBytes, shift } = this.#row(row);
    return (place & ((1 << shift) - 1)) * blockBytes;
  }

  #row(row: number): Row {
    const found = this.#rows[row];
    assert(found !== undefined, 'a row is there once it has a block', () => row);
    return found;
  }
}

function emptyRow(row: number): Row {
  const blockBytes = bytesOfRow(row);
  const shift = Math.max(0, 31 - Math.clz32(PAGE_BYTES / blockBytes));
  return { blockBytes, shift, pages: [], count: 0 };
}

/** The first page of a row begins small and doubles: most stores have many sizes of which there are few. */
function makeRoom({ pages, blockBytes, shift }: Row, place: number): void {
  const whole = blockBytes * (1 << shift);
  const at = place >>> shift;
  const page = pages[at];
  if (page === undefined) {
    pages.push(newPage(at === 0 ? blockBytes : whole));
  } else if ((place + 1) * blockBytes > page.bytes.length && at === 0) {
    const grown = newPage(Math.min(whole, 2 * page.bytes.length));
    page.bytes.copy(grown.bytes);
    pages[0] = grown;
  }
}

function newPage(bytes: number): Page {
  return pageOf(bytes < SHARED_BYTES ? Buffer.allocUnsafeSlow(bytes) : Buffer.from(new SharedArrayBuffer(bytes)));
}

/** Two ways to look at the same bytes. */
export function pageOf(bytes: Buffer): Page {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * Reads the segments of a log in order and decides what its end means. Pure: bytes in, a verdict out.
 *
 * Every batch is written with one write and one sync, and the next one only after that sync returned. So what is not
 * proved durable is at most the last batch, and of it any sectors may be missing. A missing sector reads as zeros, and
 * no undamaged record has a sector, or its part of one, that is all zeros (bytes.ts, INVERTED in record.ts). Hence:
 * - bad bytes in a batch that is known durable are damage;
 * - bad bytes in the batch after it are a torn write only if missing sectors, or the end of what was written, explain them: cut;
 * - anything else is suspect, because it may hold an acknowledged entry, and is treated as damage.
 *
 * Suspect is also a body whose last one to seven bytes alone are zeros. No write stops there: records, sectors and pages all
 * begin at multiples of eight, and a file that ends there is short. But a flipped bit makes a zero of the last letter (a space,
 * 0x20), and no checksum tells the two apart: for any four missing bytes there is one value that makes a CRC-32 right.
 */
import { type LogIndex, logIndex, term } from '../base/brand.ts';
import type { Bytes } from '../base/byte-rows.ts';
import type { Entry, EntryId } from '../raft/messages.ts';
import type { PackedRow } from '../raft/packed-row.ts';
import { endOfData, isZero } from './bytes.ts';
import {
  endOfRecord,
  FIRST_OF_BATCH,
  HEADER_BYTES,
  LAST_OF_BATCH,
  nextHeader,
  packEntry,
  type RecordHeader,
  readBody,
  readHeader,
} from './record.ts';
import { lastOf, ScannedEntries } from './scanned-entries.ts';
import { decodeSegmentHeader, type Identity, SEGMENT_HEADER_BYTES, segmentName, segmentSeed } from './segment.ts';
import { StorageError, type StorageFault } from './storage-error.ts';

const SECTOR_BYTES = 512;
/** A write that stopped within a record left at least so many zeros at its end, which no undamaged record has. */
const UNWRITTEN_BYTES = 8;

export interface SegmentBytes {
  readonly file: string;
  readonly segment: number;
  readonly bytes: Buffer;
}

export interface SegmentExtent {
  readonly segment: number;
  readonly highest: LogIndex;
}

/** What is known from outside the segments. */
export interface DurableEvidence {
  readonly durableBatch: number;
  /** False when the mark is damaged or missing: then nothing is cut. */
  readonly complete: boolean;
}

export interface ScannedLog {
  /** What the first of `entries` follows. */
  readonly offset: EntryId;
  /** Every segment that was read, and the highest index in it. */
  readonly extents: readonly SegmentExtent[];
  readonly entries: PackedRow;
  readonly commitHint: LogIndex;
  /** Number, position and checksum of what the next record continues, in the last segment. */
  readonly lastBatch: number;
  readonly chain: number;
  readonly seed: number;
  readonly segment: number;
  readonly endBytes: number;
  /** Where the last batch starts in the last segment, when it is not known to be durable. */
  readonly unprovedFrom: number | null;
  /** The bytes after `endBytes` that are not part of the log: never acknowledged unless there is damage; null when there are none. */
  readonly torn: { readonly from: number; readonly to: number } | null;
  /** Why the log ends here although it was longer; null when it is whole. Segments after this one are then not part of it. */
  readonly damage: StorageError | null;
  /** Entries after `entries`, or in place of the last of them, that stand undamaged in the batch that is not whole. */
  readonly salvaged: readonly Entry[];
}

/**
 * `segments` in order of their numbers. An error for what is not this node's to mend: another's log, or another version's.
 * Entries before `keepFrom` are checked like all others, but not kept: unless the log is damaged, it then begins there.
 */
export function scanSegments(
  segments: readonly SegmentBytes[],
  identity: Identity,
  known: DurableEvidence,
  keepFrom = 0,
): ScannedLog | StorageError {
  const scan = new Scan(known, keepFrom);
  for (const [place, segment] of segments.entries()) {
    const failure = scan.segment(segment, segments[place + 1] ?? null, identity, (segments[0]?.segment ?? 1) + place);
    if (failure?.kind === 'foreign' || failure?.kind === 'version') return failure;
    if (failure !== null) return scan.damaged(failure);
  }
  return scan.result();
}

/** The last entry of a log; what it follows, when there is none. */
export const endOf = ({ entries: { packed }, offset }: Pick<ScannedLog, 'entries' | 'offset'>): EntryId => lastOf(packed, offset);

/** The newest term that any undamaged header names, wherever it stands. */
export function highestTerm(segments: readonly SegmentBytes[]): number {
  let highest = 0;
  for (const { bytes } of segments) {
    if (bytes.length < SEGMENT_HEADER_BYTES) continue;
    const seed = segmentSeed(bytes);
    for (let found = nextHeader(bytes, 0, seed); found !== null; found = nextHeader(bytes, found.at + HEADER_BYTES, seed)) {
      highest = Math.max(highest, found.header.term);
    }
  }
  return highest;
}

/** Nothing is left of the log. */
export const emptyLog = (damage: StorageError): ScannedLog => new Scan({ durableBatch: 0, complete: true }, 0).damaged(damage);

class Scan {
  readonly #entries = new ScannedEntries();
  readonly #extents: { segment: number; highest: LogIndex }[] = [];
  readonly #complete: boolean;
  readonly #keepFrom: number;
  #durableBatch: number;
  #recordedDurable = 0;
  #commitHint = 0;
  #chain = 0;
  /** The last batch of which all records were read. */
  #lastBatch = 0;
  #lastBatchAt = 0;
  /** How to take the unfinished batch back: the log's length and the replaced tail, per replacement. */
  #open: {
    readonly at: number;
    readonly chain: number;
    readonly commitHint: number;
    readonly offset: EntryId;
    readonly undo: { length: number; removed: readonly Entry[] }[];
  } | null = null;
  #file: SegmentBytes = { file: '', segment: 0, bytes: Buffer.alloc(0) };
  #view = viewOf(this.#file.bytes);
  #seed = 0;
  #end = 0;
  #torn: { from: number; to: number } | null = null;

  constructor(known: DurableEvidence, keepFrom: number) {
    this.#durableBatch = known.durableBatch;
    this.#complete = known.complete;
    this.#keepFrom = keepFrom;
  }

  segment(current: SegmentBytes, next: SegmentBytes | null, identity: Identity, expected: number): StorageError | null {
    if (current.segment !== expected) {
      return this.#failure('corrupt', current, 0, `the segment before it, ${segmentName(expected)}, is missing`);
    }
    const header = decodeSegmentHeader(current.bytes, current.file, identity);
    if (header instanceof StorageError) return header;
    this.#forgetOld();
    if (this.#extents.length === 0) {
      this.#entries.offset = header.last;
      this.#chain = header.previous;
      this.#lastBatch = header.batchesBefore;
    }
    const end = this.#entries.last;
    const follows = header.anew || (header.last.index === end.index && header.last.term === end.term);
    if (header.previous !== this.#chain || header.batchesBefore !== this.#lastBatch || !follows) {
      const detail = `the log stops here after batch ${this.#lastBatch}, but ${segmentName(expected)} continues batch ${header.batchesBefore}`;
      return this.#failure('corrupt', this.#file, this.#end, detail);
    }
    if (header.anew) this.#entries.beginAfter(header.last);
    this.#extents.push({ segment: header.segment, highest: header.last.index });
    // A segment is begun only after everything before it is durable.
    this.#durableBatch = Math.max(this.#durableBatch, header.batchesBefore);
    this.#file = current;
    this.#view = viewOf(current.bytes);
    this.#seed = segmentSeed(current.bytes);
    this.#end = SEGMENT_HEADER_BYTES;
    this.#lastBatchAt = SEGMENT_HEADER_BYTES;
    return this.#records(next === null);
  }

  #records(isLast: boolean): StorageError | null {
    const { bytes } = this.#file;
    for (;;) {
      const header = readHeader(bytes, this.#end, this.#seed);
      const objection = header === null ? null : this.#objection(header);
      const time = header === null || objection !== null ? -1 : readBody(bytes, this.#end, header, this.#seed);
      if (header === null || time < 0) {
        if (endOfData(bytes) <= this.#end) return this.#cleanEnd(isLast);
        return this.#badRecord(isLast, header, objection);
      }
      this.#accept(header, time);
    }
  }

  /** Why an undamaged header cannot stand here: it is stale, misplaced or repeated. */
  #objection(header: RecordHeader): string | null {
    const { index, term: inTerm, batch } = header;
    const starts = (header.flags & FIRST_OF_BATCH) !== 0;
    if (header.previous !== this.#chain) return 'the record does not continue the one before it';
    if (starts !== (this.#open === null) || batch !== this.#lastBatch + 1) return `the record belongs to batch ${batch}`;
    if (header.durableBatch >= batch || header.durableBatch < this.#recordedDurable) return 'its durable batch is impossible';
    if (header.commitHint < this.#commitHint) return 'its commit hint runs backwards';
    if (header.commitHint >= index) return 'its commit hint is impossible';
    const end = this.#entries.offset.index + this.#entries.length;
    if (index < 1 || index > end + 1) return `index ${index} does not follow index ${end}`;
    if (index <= this.#commitHint) return `it would replace the committed index ${index}`;
    if (inTerm < this.#entries.termBefore(index)) return `term ${inTerm} is older than the term before it`;
    return null;
  }

  #accept(header: RecordHeader, time: number): void {
    const place = header.index - this.#entries.offset.index - 1;
    this.#open ??= {
      at: this.#end,
      chain: this.#chain,
      commitHint: this.#commitHint,
      offset: this.#entries.offset,
      undo: [{ length: this.#entries.length, removed: [] }],
    };
    const kept = Math.max(0, place);
    if (kept < this.#entries.length) {
      this.#open.undo.push({ length: kept, removed: this.#entries.from(kept) });
      this.#entries.cut(kept);
    }
    const index = logIndex(header.index);
    // It replaced what was in a segment that is gone: the term before it is not known any more, but its own is.
    if (place < 0) this.#entries.offset = { index, term: term(header.term) };
    else packEntry(this.#view, this.#end, header, time, this.#entries.packed, index >= this.#keepFrom);
    const extent = this.#extents.at(-1);
    if (extent !== undefined && extent.highest < index) extent.highest = index;
    this.#chain = header.headerChecksum;
    this.#commitHint = header.commitHint;
    this.#recordedDurable = header.durableBatch;
    this.#durableBatch = Math.max(this.#durableBatch, header.durableBatch);
    this.#end = endOfRecord(this.#end, header);
    if ((header.flags & LAST_OF_BATCH) === 0) return;
    this.#lastBatch = header.batch;
    this.#lastBatchAt = this.#open.at;
    this.#open = null;
  }

  /** What was read without its text goes as soon as no replacement of its batch can be undone any more. */
  #forgetOld(): void {
    this.#entries.forgetBefore(this.#keepFrom);
  }

  /** Nothing but zeros follow. */
  #cleanEnd(isLast: boolean): StorageError | null {
    const reached = `the log stops here after batch ${this.#lastBatch}`;
    if (this.#open !== null) {
      const batch = this.#lastBatch + 1;
      if (!isLast || batch <= this.#durableBatch) {
        return this.#failure(
          'corrupt',
          this.#file,
          this.#end,
          `${reached}, in the middle of the durable batch ${batch}${this.#last()}`,
        );
      }
      // Without the mark, this could be the zeroed end of a batch that was acknowledged.
      if (!this.#complete)
        return this.#failure('suspect', this.#file, this.#end, `${reached}, in the middle of batch ${batch}${this.#last()}`);
      return this.#cut(this.#end);
    }
    if (isLast && this.#lastBatch < this.#durableBatch) {
      return this.#failure(
        'corrupt',
        this.#file,
        this.#end,
        `${reached}, but batch ${this.#durableBatch} was durable${this.#last()}`,
      );
    }
    return null;
  }

  #badRecord(isLast: boolean, header: RecordHeader | null, objection: string | null): StorageError | null {
    const { bytes } = this.#file;
    const why = objection ?? (header === null ? 'there is no undamaged header' : 'the body of the record is damaged');
    const batch = this.#lastBatch + 1;
    const durable = Math.max(this.#durableBatch, this.#laterEvidence(header));
    const lost = header === null ? this.#last() : `; the record is of index ${header.index} in term ${header.term}`;
    if (!isLast || batch <= durable)
      return this.#failure('corrupt', this.#file, this.#end, `${why}, in the durable batch ${batch}${lost}`);
    if (!this.#complete)
      return this.#failure('suspect', this.#file, this.#end, `${why}, and the durable mark is damaged too${lost}`);
    const recordEnd = header === null ? this.#end + HEADER_BYTES : endOfRecord(this.#end, header);
    const explained =
      recordEnd > bytes.length ||
      hasMissingSector(bytes, this.#end, recordEnd) ||
      // No record is without a body, and none begins with zeros: after a header that was written whole something follows.
      isZero(bytes, header === null ? recordEnd : recordEnd - UNWRITTEN_BYTES, bytes.length);
    // A whole header that does not belong here was never written here: no torn write brings that about.
    if (objection !== null || !explained) {
      return this.#failure('suspect', this.#file, this.#end, `${why}, and no missing sector explains it${lost}`);
    }
    return this.#cut(endOfData(bytes));
  }

  /** Records after the bad one tell too how far the log was durable. */
  #laterEvidence(header: RecordHeader | null): number {
    let durable = header?.durableBatch ?? 0;
    let from = this.#end + 8;
    for (;;) {
      const found = nextHeader(this.#file.bytes, from, this.#seed);
      if (found === null) return durable;
      durable = Math.max(durable, found.header.durableBatch);
      from = found.at + HEADER_BYTES;
    }
  }

  #cut(to: number): null {
    const from = this.#open?.at ?? this.#end;
    this.#torn = to > from ? { from, to } : null;
    for (const { length, removed } of this.#open?.undo.reverse() ?? []) {
      this.#entries.cut(length);
      for (const entry of removed) this.#entries.packed.push(entry);
    }
    this.#entries.offset = this.#open?.offset ?? this.#entries.offset;
    this.#chain = this.#open?.chain ?? this.#chain;
    this.#commitHint = this.#open?.commitHint ?? this.#commitHint;
    this.#end = from;
    this.#open = null;
    return null;
  }

  /** The log up to the last whole batch before the damage. */
  damaged(damage: StorageError): ScannedLog {
    const from = Math.min(this.#entries.length, ...(this.#open?.undo.map(({ length }) => length) ?? []));
    const salvaged = this.#entries.from(from);
    this.#cut(endOfData(this.#file.bytes));
    return { ...this.result(), damage, salvaged };
  }

  result(): ScannedLog {
    this.#forgetOld();
    return {
      offset: this.#entries.offset,
      extents: this.#extents,
      entries: this.#entries.row,
      commitHint: logIndex(this.#commitHint),
      lastBatch: this.#lastBatch,
      chain: this.#chain,
      seed: this.#seed,
      segment: this.#file.segment,
      endBytes: this.#end,
      unprovedFrom: this.#lastBatch > this.#durableBatch ? this.#lastBatchAt : null,
      torn: this.#torn,
      damage: null,
      salvaged: [],
    };
  }

  #last(): string {
    const { index, term: inTerm } = this.#entries.last;
    return this.#entries.length === 0 ? '; no entry before it' : `; the last good entry is index ${index} in term ${inTerm}`;
  }

  #failure(kind: StorageFault, { file }: SegmentBytes, offset: number, detail: string): StorageError {
    return new StorageError({ kind, file, offset, detail });
  }
}

const viewOf = (bytes: Buffer): Bytes => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

/** Whether some sector's part of these bytes is all zero, which no undamaged record's is. */
export function hasMissingSector(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    const end = Math.min(to, at - (at % SECTOR_BYTES) + SECTOR_BYTES);
    if (isZero(bytes, at, end)) return true;
    at = end;
  }
  return false;
}

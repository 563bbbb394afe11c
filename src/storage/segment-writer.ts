import { assert } from '../base/assert.ts';
import { type LogIndex, logIndex } from '../base/brand.ts';
import type { EntryId } from '../raft/messages.ts';
import type { Done } from '../replica/ports.ts';
import type { Disk, DiskFile, DoneWith } from './disk.ts';
import type { Room } from './room.ts';
import type { SegmentExtent } from './scan.ts';
import {
  encodeSegmentHeader,
  type Identity,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentName,
  segmentSeed,
} from './segment.ts';
import { inSequence, withValue } from './sequence.ts';
import type { SyncTimes } from './sync-times.ts';

export interface SegmentSizes {
  /** A segment is left once the next group would not fit. */
  readonly segmentBytes: number;
  /** The file is filled with zeros so far ahead, in steps, so that a sync need not change the file's size; 0: never. */
  readonly aheadBytes: number;
}

export interface NewSegment {
  readonly file: DiskFile;
  readonly seed: number;
  readonly allocatedBytes: number;
}

/** Writes a segment's header and the room behind it under another name; durable when it calls back. */
export function draftSegment(
  disk: Disk,
  walDir: string,
  header: SegmentHeader,
  identity: Identity,
  aheadBytes: number,
  done: DoneWith<NewSegment>,
): void {
  disk.create(
    `${walDir}/${segmentName(header.segment)}.tmp`,
    withValue(
      (error) => done(error, null),
      (file) => {
        const head = encodeSegmentHeader(header, identity);
        const bytes = Buffer.concat([head], SEGMENT_HEADER_BYTES + aheadBytes);
        inSequence([(next) => file.write(bytes, 0, next), (next) => file.sync(next)], (error) => {
          if (error === null) done(null, { file, seed: segmentSeed(head), allocatedBytes: bytes.length });
          else file.close(() => done(error, null));
        });
      },
    ),
  );
}

/** With its own name, a segment is part of the log, and its header whole and durable. */
export function nameSegment(disk: Disk, walDir: string, segment: number, done: Done): void {
  const name = `${walDir}/${segmentName(segment)}`;
  const steps = [(next: Done) => disk.rename(`${name}.tmp`, name, next), (next: Done) => disk.syncDir(walDir, next)];
  inSequence(steps, done);
}

export function createSegment(
  disk: Disk,
  walDir: string,
  header: SegmentHeader,
  identity: Identity,
  aheadBytes: number,
  done: DoneWith<NewSegment>,
): void {
  draftSegment(disk, walDir, header, identity, aheadBytes, (error, created) => {
    if (error !== null) return done(error, null);
    nameSegment(disk, walDir, header.segment, (failed) => {
      if (failed === null) done(null, created);
      else created.file.close(() => done(failed, null));
    });
  });
}

export interface SegmentWriterParts {
  readonly disk: Disk;
  readonly walDir: string;
  readonly identity: Identity;
  readonly sizes: SegmentSizes;
  readonly syncTimes: SyncTimes;
  readonly room: Room;
  readonly segment: number;
  readonly opened: NewSegment;
  readonly endBytes: number;
  readonly chain: number;
  /** Every segment of the log with the highest index in it, the last one too. */
  readonly extents: readonly SegmentExtent[];
}

/** Where the log ends on the disk. */
export interface LogEnd {
  readonly batch: number;
  readonly last: EntryId;
}

interface Group {
  readonly bytes: Buffer;
  readonly chain: number;
  readonly highest: LogIndex;
}

/** Appends to the last segment and begins the next one when it is full. One call at a time. */
export class SegmentWriter {
  readonly #parts: SegmentWriterParts;
  #file: DiskFile;
  #segment: number;
  #seed: number;
  #chain: number;
  #end: number;
  /** The file is this long; what lies after `#end` is zero. */
  #allocated: number;
  #filling = false;
  #whenFilled: (() => void) | null = null;
  #zeros: Buffer | null = null;
  /** Set once the disk had no room for zeros: the log itself may still fit. */
  #fillOff = false;
  #extents: readonly SegmentExtent[];

  constructor(parts: SegmentWriterParts) {
    this.#parts = parts;
    this.#file = parts.opened.file;
    this.#seed = parts.opened.seed;
    this.#allocated = parts.opened.allocatedBytes;
    this.#segment = parts.segment;
    this.#chain = parts.chain;
    this.#end = parts.endBytes;
    this.#extents = parts.extents;
  }

  get path(): string {
    return this.#file.path;
  }

  get seed(): number {
    return this.#seed;
  }

  /** Header checksum of the last record. */
  get chain(): number {
    return this.#chain;
  }

  /** After this, `bytes` more may be appended: to this segment or, if they do not fit, to a new one. */
  makeRoom(bytes: number, end: LogEnd, done: Done): void {
    const { segmentBytes } = this.#parts.sizes;
    const full = this.#end > SEGMENT_HEADER_BYTES && this.#end + bytes > segmentBytes;
    // Zeros on their way must not land on records: whoever needs the place beyond them waits.
    if (full) this.#filled(() => this.#parts.room.attempt((next) => this.#rotate(end, false, next), done));
    else if (this.#end + bytes > this.#allocated) this.#filled(() => done(null));
    else done(null);
  }

  /** A new segment says that a snapshot stands for the whole log up to `end`; then the others are of no use. */
  beginAnew(end: LogEnd, done: Done): void {
    const begin = (next: Done): void => this.#rotate(end, true, next);
    this.#filled(() =>
      this.#parts.room.attempt(begin, (error) => {
        if (error !== null) return done(error);
        // Those that stay behind are read and passed over at the next start.
        this.remove(end.last.index, () => {});
        done(null);
      }),
    );
  }

  /** Removes the segments that hold nothing beyond `upTo`; which of them are gone after a crash does not matter. */
  remove(upTo: LogIndex, done: Done): void {
    const gone = this.#extents.filter(({ segment, highest }) => highest <= upTo && segment !== this.#segment);
    // From the beginning on: one in the middle is needed to read those after it.
    const until = this.#extents.findIndex((extent) => !gone.includes(extent));
    const removed = until < 0 ? [] : this.#extents.slice(0, until);
    if (removed.length === 0) {
      done(null);
      return;
    }
    this.#extents = this.#extents.slice(until);
    const { disk, walDir } = this.#parts;
    const unlink = removed.map(
      ({ segment }) =>
        (next: Done) =>
          disk.unlink(`${walDir}/${segmentName(segment)}`, next),
    );
    inSequence([...unlink, (next) => disk.syncDir(walDir, next)], done);
  }

  /** Writes and syncs; `chain` is the header checksum of the last record in `bytes`, `highest` the highest index. */
  append({ bytes, chain, highest }: Group, done: Done): void {
    const file = this.#file;
    this.#extents = this.#extents.map((extent) =>
      extent.segment === this.#segment && extent.highest < highest ? { segment: extent.segment, highest } : extent,
    );
    assert(this.#end >= SEGMENT_HEADER_BYTES, 'records follow the header of their segment');
    const { room, syncTimes } = this.#parts;
    const write = timed(this.#parts.disk, syncTimes, (written) => file.writeDurably(bytes, this.#end, written));
    room.attempt(write, (error) => {
      if (error !== null) return done(error);
      this.#end += bytes.length;
      this.#allocated = Math.max(this.#allocated, this.#end);
      this.#chain = chain;
      this.#fillAhead();
      done(null);
    });
  }

  close(done: Done): void {
    this.#filled(() => this.#file.close(done));
  }

  #rotate({ batch, last }: LogEnd, anew: boolean, done: Done): void {
    const { disk, walDir, identity, sizes } = this.#parts;
    const header = { segment: this.#segment + 1, previous: this.#chain, batchesBefore: batch, last, anew };
    createSegment(
      disk,
      walDir,
      header,
      identity,
      sizes.aheadBytes,
      withValue(done, (created) => {
        const old = this.#file;
        this.#file = created.file;
        this.#segment = header.segment;
        if (anew) this.#extents = this.#extents.map(({ segment }) => ({ segment, highest: logIndex(0) }));
        this.#extents = [...this.#extents, { segment: header.segment, highest: last.index }];
        this.#seed = created.seed;
        this.#end = SEGMENT_HEADER_BYTES;
        this.#allocated = created.allocatedBytes;
        old.close(done);
      }),
    );
  }

  #filled(next: () => void): void {
    if (this.#filling) this.#whenFilled = next;
    else next();
  }

  /** In the background: no sync waits for it, the log's next one takes the zeros along. */
  #fillAhead(): void {
    const { aheadBytes, segmentBytes } = this.#parts.sizes;
    const needed = this.#allocated - this.#end < aheadBytes / 2 && this.#allocated < segmentBytes;
    if (!needed || this.#filling || this.#fillOff) return;
    this.#filling = true;
    const from = this.#allocated;
    this.#zeros ??= Buffer.alloc(aheadBytes);
    this.#file.write(this.#zeros, from, (error) => {
      this.#filling = false;
      // An error here loses nothing; one that matters will meet the log's own next write.
      if (error === null) this.#allocated = from + aheadBytes;
      else this.#fillOff = true;
      const waiting = this.#whenFilled;
      this.#whenFilled = null;
      waiting?.();
    });
  }
}

/** The same step, which notes how long it took. */
export function timed(disk: Pick<Disk, 'now'>, syncTimes: SyncTimes, step: (done: Done) => void): (done: Done) => void {
  return (done) => {
    const startedAt = disk.now();
    step((error) => {
      syncTimes.add(disk.now() - startedAt);
      done(error);
    });
  };
}

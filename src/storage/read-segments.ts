/** Which segments of a log a start must read, and which it may pass over. */
import type { LogIndex } from '../base/brand.ts';
import type { Place } from './directory.ts';
import type { DoneWith } from './disk.ts';
import type { SegmentBytes, SegmentExtent } from './scan.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader, segmentName } from './segment.ts';
import { loadEach, withValue } from './sequence.ts';
import { StorageError } from './storage-error.ts';

interface Head {
  readonly segment: number;
  /** Null when it is damaged, or not ours. */
  readonly header: SegmentHeader | null;
}

/**
 * Reads the segments of these numbers, which ascend, from the last one on that begins at the entry `enough` or before it: of
 * those before, only that they follow each other is looked at.
 */
export function readSegments(
  place: Place,
  numbers: readonly number[],
  enough: number,
  done: DoneWith<{ readonly segments: readonly SegmentBytes[]; readonly spared: readonly SegmentExtent[] }>,
): void {
  const { disk, walDir } = place;
  const fail = (error: Error): void => done(error, null);
  const readFrom = (spared: readonly SegmentExtent[]): void => {
    const files = numbers.slice(spared.length).map((segment) => ({ file: `${walDir}/${segmentName(segment)}`, segment }));
    loadEach<Buffer>(
      files.map(({ file }) => file),
      (file, next) => disk.read(file, next),
      withValue(fail, (all) => {
        const segments = files.map((each, i) => ({ ...each, bytes: all[i] ?? Buffer.alloc(0) }));
        done(null, { segments, spared });
      }),
    );
  };
  if (enough <= 0) readFrom([]);
  else
    readHeads(
      place,
      numbers,
      withValue(fail, (heads) => readFrom(sparedOf(heads, enough))),
    );
}

function sparedOf(heads: readonly Head[], enough: number): readonly SegmentExtent[] {
  const from = heads.findLastIndex(({ header }) => header !== null && header.last.index < enough);
  const spared: { segment: number; highest: LogIndex }[] = [];
  for (let at = 0; at < from; at += 1) {
    const [head, next] = [heads[at], heads[at + 1]];
    if (head?.header == null || next?.header == null || next.segment !== head.segment + 1) return [];
    spared.push({ segment: head.segment, highest: next.header.last.index });
  }
  return spared;
}

function readHeads({ disk, walDir, identity }: Place, numbers: readonly number[], done: DoneWith<readonly Head[]>): void {
  loadEach<Buffer>(
    numbers.map((segment) => `${walDir}/${segmentName(segment)}`),
    (path, next) =>
      disk.open(
        path,
        withValue(
          (error) => next(error, null),
          (file) => file.read(0, SEGMENT_HEADER_BYTES, (...read) => file.close(() => next(...read))),
        ),
      ),
    withValue(
      (error) => done(error, null),
      (all) => {
        const heads = all.map((bytes, i) => {
          const segment = numbers[i] ?? 0;
          const header = decodeSegmentHeader(bytes, segmentName(segment), identity);
          return { segment, header: header instanceof StorageError ? null : header };
        });
        done(null, heads);
      },
    ),
  );
}

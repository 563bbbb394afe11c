/** Decides what a directory's files are worth together, and settles the end of its log accordingly. */
import type { Done } from '../replica/ports.ts';
import { type FoundFiles, type Place, writeWhole } from './directory.ts';
import { decodeMark } from './durable-mark.ts';
import { COPY_NAMES, chooseCopy, decodeCopy, FIRST_SEQUENCE, type HardStateCopy } from './hard-state.ts';
import { type ScannedLog, scanSegments } from './scan.ts';
import { segmentName } from './segment.ts';
import { inSequence, withValue } from './sequence.ts';
import { StorageError } from './storage-error.ts';

type Copies = readonly (HardStateCopy | null)[];

function decodeCopies({ dir, identity }: Place, copies: readonly Buffer[]): Copies | StorageError {
  const decoded: (HardStateCopy | null)[] = [];
  for (const [i, bytes] of copies.entries()) {
    const copy = decodeCopy(bytes, `${dir}/${COPY_NAMES[i] ?? ''}`, identity);
    if (copy instanceof StorageError) return copy;
    decoded.push(copy);
  }
  return decoded;
}

/** Without a segment, the directory must show no trace of a past: its log would be lost without a word. */
export function whyNotNew(place: Place, { copies, mark }: FoundFiles): StorageError | null {
  const decoded = decodeCopies(place, copies);
  if (decoded instanceof StorageError) return decoded;
  const used = decoded.some((copy, i) => (copy === null ? copies[i]?.length !== 0 : copy.sequence > FIRST_SEQUENCE));
  if (!used && (mark.length === 0 || decodeMark(mark, place.identity) === 0)) return null;
  return new StorageError({ kind: 'corrupt', file: place.walDir, offset: null, detail: 'the segments of the log are missing' });
}

/** What a directory says, after all checks. */
export interface Verdict {
  readonly newest: HardStateCopy;
  readonly repairCopies: boolean;
  readonly repairMark: boolean;
  readonly scanned: ScannedLog;
  readonly lastSegment: FoundFiles['segments'][number];
}

export function judge(place: Place, found: FoundFiles): Verdict | StorageError {
  const copies = decodeCopies(place, found.copies);
  if (copies instanceof StorageError) return copies;
  const chosen = chooseCopy(copies, `${place.dir}/${COPY_NAMES[0]}`);
  if (chosen instanceof StorageError) return chosen;
  const mark = decodeMark(found.mark, place.identity);
  const durableBatch = Math.max(mark ?? 0, chosen.copy.durableBatch);
  const scanned = scanSegments(found.segments, place.identity, { durableBatch, complete: mark !== null });
  if (scanned instanceof StorageError) return scanned;
  const lastTerm = scanned.entries.at(-1)?.term ?? 0;
  const lastSegment = found.segments.at(-1);
  if (lastTerm > chosen.copy.hardState.term || lastSegment === undefined) {
    const detail = `the log has entries of term ${lastTerm}, but the newest vote is of term ${chosen.copy.hardState.term}`;
    return new StorageError({ kind: 'corrupt', file: `${place.dir}/${COPY_NAMES[0]}`, offset: null, detail });
  }
  return { newest: chosen.copy, repairCopies: chosen.repair, repairMark: mark === null, scanned, lastSegment };
}

/**
 * Makes the end of the log what the scan says. A batch that is not proved durable may so far be only in the kernel's
 * cache, or (after a failed sync) be marked clean there though the disk never got it: it is written and synced again.
 */
export function settleEnd({ disk, dir }: Place, { scanned, lastSegment }: Verdict, done: Done): void {
  const { torn, unprovedFrom, endBytes, segment } = scanned;
  const { bytes } = lastSegment;
  if (torn === null && unprovedFrom === null) {
    done(null);
    return;
  }
  const quarantine = `${dir}/quarantine`;
  disk.open(
    lastSegment.file,
    withValue(done, (file) => {
      const cut =
        torn === null
          ? []
          : [
              (next: Done) => disk.makeDir(quarantine, next),
              (next: Done) =>
                writeWhole(disk, quarantine, `${segmentName(segment)}-${torn.from}`, bytes.subarray(torn.from, torn.to), next),
              (next: Done) => file.truncate(endBytes, next),
            ];
      const again =
        unprovedFrom === null ? [] : [(next: Done) => file.write(bytes.subarray(unprovedFrom, endBytes), unprovedFrom, next)];
      inSequence([...cut, ...again, (next) => file.sync(next)], (error) => {
        file.close((closeError) => done(error ?? closeError));
      });
    }),
  );
}

/** Takes damage out of a log: what is behind it goes to quarantine, and the rest is a whole log again. */
import { type LogIndex, logIndex } from '../base/brand.ts';
import type { Entry } from '../raft/messages.ts';
import type { EntryRow } from '../raft/packed-row.ts';
import type { Damage, Done } from '../replica/ports.ts';
import { type Place, writeWhole } from './directory.ts';
import { encodeMark, MARK_NAME } from './durable-mark.ts';
import { COPY_NAMES, encodeCopy } from './hard-state.ts';
import { quarantineName, settleEnd, type Verdict } from './recovery.ts';
import { endOf, type ScannedLog } from './scan.ts';
import { FIRST_SEGMENT, segmentName } from './segment.ts';
import { createSegment } from './segment-writer.ts';
import { inSequence, withValue } from './sequence.ts';
import type { StorageError } from './storage-error.ts';

/**
 * The new term comes first, and with it (unless the loss is accepted) that the log is under repair: a crash at any later
 * step leaves a directory that is damaged still, or mended. The evidence of batches that are gone goes last.
 */
export function mendDirectory(place: Place, verdict: Verdict, done: Done): void {
  const { disk, dir, walDir, identity, sizes } = place;
  const { newest, lostSegments, lastSegment } = verdict;
  const quarantine = `${dir}/quarantine`;
  const copy = encodeCopy(newest, identity);
  const steps = [
    (next: Done) => disk.makeDir(quarantine, next),
    ...COPY_NAMES.map((name) => (next: Done) => writeWhole(disk, dir, name, copy, next)),
    ...lostSegments.map(
      ({ file, segment }) =>
        (next: Done) =>
          disk.rename(file, `${quarantine}/${quarantineName(newest, segmentName(segment))}`, next),
    ),
    (next: Done) => disk.syncDir(quarantine, next),
    (next: Done) => disk.syncDir(walDir, next),
    (next: Done) => settleEnd(place, verdict, next),
    (next: Done) => {
      if (lastSegment !== null) return next(null);
      createSegment(
        disk,
        walDir,
        FIRST_SEGMENT,
        identity,
        sizes.aheadBytes,
        withValue(next, ({ file }) => file.close(next)),
      );
    },
    (next: Done) => writeWhole(disk, dir, MARK_NAME, encodeMark(0, identity), next),
  ];
  inSequence(steps, done);
}

/** What was found and what became of it, for people. */
export function damageOf({ dir }: Place, damage: StorageError, verdict: Verdict): Damage {
  const { scanned, lostSegments, newest, snapshot } = verdict;
  const { torn, endBytes, segment } = scanned;
  const cut = torn === null ? [] : [`${segmentName(segment)}-${endBytes}`];
  const names = [...cut, ...lostSegments.map((lost) => segmentName(lost.segment))];
  return {
    file: damage.file,
    offset: damage.offset,
    detail: damage.detail,
    firstLost: logIndex(Math.max(lastGood(scanned), snapshot?.last.index ?? 0) + 1),
    quarantined: names.map((name) => `${dir}/quarantine/${quarantineName(newest, name)}`),
  };
}

const lastGood = (scanned: ScannedLog): LogIndex => scanned.salvaged.at(-1)?.index ?? endOf(scanned).index;

/** The log with what was saved from the batch that is not whole. */
export function withSalvaged(entries: EntryRow, salvaged: readonly Entry[]): EntryRow {
  const first = salvaged[0];
  return first === undefined ? entries : [...[...entries].filter(({ index }) => index < first.index), ...salvaged];
}

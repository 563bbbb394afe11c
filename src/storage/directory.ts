/** The files of a data directory: how they are read together, and how a new directory begins. */
import { term } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { HardState } from '../raft/messages.ts';
import type { Done } from '../replica/ports.ts';
import type { Disk, DoneWith } from './disk.ts';
import { encodeMark, MARK_NAME } from './durable-mark.ts';
import { type FoundSnapshots, readSnapshots, type StartProgress } from './find-snapshots.ts';
import { COPY_NAMES, encodeCopy, FIRST_SEQUENCE } from './hard-state.ts';
import { readSegments } from './read-segments.ts';
import type { Pause, Room } from './room.ts';
import type { SegmentBytes, SegmentExtent } from './scan.ts';
import { FIRST_SEGMENT, type Identity, segmentNumber } from './segment.ts';
import { draftSegment, nameSegment, type SegmentSizes } from './segment-writer.ts';
import { inSequence, loadTogether, together, withValue } from './sequence.ts';

const NO_HARD_STATE: HardState = { term: term(0), votedFor: null, repairFrom: null };

/** What every step of opening needs. */
export interface Place {
  readonly disk: Disk;
  readonly dir: string;
  readonly walDir: string;
  readonly snapDir: string;
  readonly identity: Identity;
  readonly sizes: SegmentSizes;
  readonly room: Room;
  readonly markPause: Pause | null;
  /** For people. */
  readonly onProgress: (progress: StartProgress) => void;
}

/** Every file's bytes; no bytes stand for a missing file. */
export interface FoundFiles {
  readonly copies: readonly Buffer[];
  readonly mark: Buffer;
  readonly segments: readonly SegmentBytes[];
  /** Segments before those, of which nothing but their headers was read: the newest snapshot stands for all that is in them. */
  readonly spared: readonly SegmentExtent[];
  readonly snapshots: FoundSnapshots;
}

/** `spares`: the log from so far before the newest snapshot on is enough. */
export function readDirectory(place: Place, spares: boolean, done: DoneWith<FoundFiles>): void {
  const { disk, dir, walDir } = place;
  const fail = (error: Error): void => done(error, null);
  const list = (path: string, next: DoneWith<readonly string[]>): void => disk.list(path, next);
  const listed = ([inDir = [], inWal = []]: readonly (readonly string[])[]): void => {
    const numbers = inWal.map(segmentNumber).filter((number) => number !== null);
    const single = [...COPY_NAMES, MARK_NAME];
    const load = (name: string, next: DoneWith<Buffer>): void => {
      if (inDir.includes(name)) disk.read(`${dir}/${name}`, next);
      else next(null, Buffer.alloc(0));
    };
    const loaded = (all: readonly Buffer[]): void => {
      const copies = COPY_NAMES.map((_, i) => all[i] ?? Buffer.alloc(0));
      const mark = all[COPY_NAMES.length] ?? Buffer.alloc(0);
      readSnapshots(
        place,
        withValue(fail, (snapshots) => {
          const enough = spares ? (snapshots.newest?.snapshot.last.index ?? 0) - LIMITS.logTailKept : 0;
          readSegments(
            place,
            numbers,
            enough,
            withValue(fail, (log) => {
              const bytes = log.segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
              place.onProgress({ reading: 'log', segments: log.segments.length, bytes });
              done(null, { copies, mark, snapshots, ...log });
            }),
          );
        }),
      );
    };
    loadTogether(single, load, withValue(fail, loaded));
  };
  loadTogether([dir, walDir], list, withValue(fail, listed));
}

/**
 * What lies beside the log is there for good before the first segment has its name: with that, the directory is complete. All files
 * are written at the same time, since a disk that syncs several together takes hardly longer than for one.
 */
export function beginDirectory(place: Place, done: Done): void {
  const { disk, dir, walDir, identity, sizes, onProgress } = place;
  const copy = encodeCopy({ sequence: FIRST_SEQUENCE, hardState: NO_HARD_STATE, durableBatch: 0 }, identity);
  const files = [{ name: MARK_NAME, bytes: encodeMark(0, identity) }, ...COPY_NAMES.map((name) => ({ name, bytes: copy }))];
  const segment = (next: Done): void =>
    draftSegment(
      disk,
      walDir,
      FIRST_SEGMENT,
      identity,
      sizes.aheadBytes,
      withValue(next, ({ file }) => file.close(next)),
    );
  const drafts = files.map(
    ({ name, bytes }) =>
      (next: Done) =>
        writeDraft(disk, `${dir}/${name}`, bytes, next),
  );
  const names = files.map(
    ({ name }) =>
      (next: Done) =>
        disk.rename(draftOf(`${dir}/${name}`), `${dir}/${name}`, next),
  );
  const steps = [
    (next: Done) => together([segment, ...drafts], next),
    (next: Done) => together(names, next),
    (next: Done) => disk.syncDir(dir, next),
    (next: Done) => nameSegment(disk, walDir, FIRST_SEGMENT.segment, next),
  ];
  const told = steps.map((step, i) => (next: Done) => {
    onProgress({ reading: 'nothing', steps: i, of: steps.length });
    step(next);
  });
  inSequence(told, done);
}

/** A whole new file or the old one, never a part. */
export function writeWhole(disk: Disk, dir: string, name: string, bytes: Buffer, done: Done): void {
  const path = `${dir}/${name}`;
  const steps = [
    (next: Done) => writeDraft(disk, path, bytes, next),
    (next: Done) => disk.rename(draftOf(path), path, next),
    (next: Done) => disk.syncDir(dir, next),
  ];
  inSequence(steps, done);
}

const draftOf = (path: string): string => `${path}.tmp`;

/** Durable, but not yet under its name. */
function writeDraft(disk: Disk, path: string, bytes: Buffer, done: Done): void {
  disk.create(
    draftOf(path),
    withValue(done, (file) => {
      const steps = [
        (next: Done) => file.write(bytes, 0, next),
        (next: Done) => file.sync(next),
        (next: Done) => file.close(next),
      ];
      inSequence(steps, done);
    }),
  );
}

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
import { createSegment, type SegmentSizes } from './segment-writer.ts';
import { inSequence, loadEach, withValue } from './sequence.ts';

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
    loadEach(single, load, withValue(fail, loaded));
  };
  loadEach([dir, walDir], list, withValue(fail, listed));
}

/** The first segment comes last: with it, the directory is complete. */
export function beginDirectory(place: Place, done: Done): void {
  const { disk, dir, walDir, identity, sizes } = place;
  const copy = encodeCopy({ sequence: FIRST_SEQUENCE, hardState: NO_HARD_STATE, durableBatch: 0 }, identity);
  const steps = [
    (next: Done) => writeWhole(disk, dir, MARK_NAME, encodeMark(0, identity), next),
    ...COPY_NAMES.map((name) => (next: Done) => writeWhole(disk, dir, name, copy, next)),
  ];
  inSequence(steps, (error) => {
    if (error !== null) return done(error);
    createSegment(
      disk,
      walDir,
      FIRST_SEGMENT,
      identity,
      sizes.aheadBytes,
      withValue(done, ({ file }) => file.close(done)),
    );
  });
}

/** A whole new file or the old one, never a part. */
export function writeWhole(disk: Disk, dir: string, name: string, bytes: Buffer, done: Done): void {
  const path = `${dir}/${name}`;
  disk.create(
    `${path}.tmp`,
    withValue(done, (file) => {
      const steps = [
        (next: Done) => file.write(bytes, 0, next),
        (next: Done) => file.sync(next),
        (next: Done) => file.close(next),
        (next: Done) => disk.rename(`${path}.tmp`, path, next),
        (next: Done) => disk.syncDir(dir, next),
      ];
      inSequence(steps, done);
    }),
  );
}

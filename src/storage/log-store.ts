/** Opens a data directory: makes a new one, or reads back what is there and decides whether it can be trusted. */
import { logIndex, type NodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Done, LogStore, Recovered, SnapshotStore } from '../replica/ports.ts';
import { beginDirectory, type FoundFiles, type Place, readDirectory, writeWhole } from './directory.ts';
import type { Disk, DiskFile, DoneWith } from './disk.ts';
import { DurableMark, encodeMark, MARK_NAME } from './durable-mark.ts';
import { type FoundSnapshots, type StartProgress, tidySnapshots } from './find-snapshots.ts';
import { COPY_NAMES, encodeCopy, HardStateFiles } from './hard-state.ts';
import { damageOf, mendDirectory, withSalvaged } from './mend.ts';
import { type DamagePolicy, isNew, judge, settleEnd, type Verdict } from './recovery.ts';
import { type Pause, Room } from './room.ts';
import { endOf } from './scan.ts';
import { assertIdentity, segmentName } from './segment.ts';
import { type SegmentSizes, SegmentWriter, timed } from './segment-writer.ts';
import { inSequence, loadTogether, together, withValue } from './sequence.ts';
import { SnapshotFiles } from './snapshot-store.ts';
import { diskError, StorageError } from './storage-error.ts';
import { SyncTimes } from './sync-times.ts';
import { Wal } from './wal.ts';

export interface LogStoreOptions {
  readonly disk: Disk;
  /** The caller holds its lock (lock.ts). */
  readonly dir: string;
  /** 32 hexadecimal digits. */
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly limits?: Partial<SegmentSizes>;
  /** Whether this node is the only voter; then damage is refused. Not given: it is. */
  readonly alone?: boolean;
  /** Go on with what is left, whatever is lost. Not given: no. */
  readonly acceptLoss?: boolean;
  /** How long a write waits before it tries a full disk again. Not given: a full disk ends the use of the log. */
  readonly pause?: Pause;
  /** How long the durable mark may lag behind the log. Not given: not at all. */
  readonly markPause?: Pause;
  readonly onProgress?: (progress: StartProgress) => void;
}

export interface OpenedLog {
  readonly store: LogStore;
  readonly snapshots: SnapshotStore;
  readonly recovered: Recovered;
}

const AHEAD_BYTES = 1_024 * 1_024;

/**
 * Damage to the log is mended when others can give back what is lost (the node then repairs, see HardState.repairFrom), or
 * when its loss is accepted. Calls back with a StorageError when the directory cannot be trusted; then nothing in it was changed.
 */
export function openLogStore(options: LogStoreOptions, done: DoneWith<OpenedLog>): void {
  const { disk, dir, clusterId, nodeId, limits, alone = true, acceptLoss = false } = options;
  const { pause = null, markPause = null, onProgress = () => {} } = options;
  assertIdentity({ clusterId, nodeId });
  const sizes = { segmentBytes: LIMITS.segmentBytes, aheadBytes: AHEAD_BYTES, ...limits };
  const identity = { clusterId, nodeId };
  const place = {
    disk,
    dir,
    walDir: `${dir}/wal`,
    snapDir: `${dir}/snap`,
    identity,
    sizes,
    room: new Room(pause),
    markPause,
    onProgress,
  };
  const dirs = [dir, place.walDir, place.snapDir];
  const fail = (error: Error): void => done(diskError(error, dir), null);
  const opened = withValue<OpenedLog>(fail, (log) => done(null, log));
  together(
    dirs.map((path) => (next: Done) => disk.makeDir(path, next)),
    (error) => {
      if (error !== null) return fail(error);
      readDirectory(
        place,
        true,
        withValue(fail, (found) => {
          const policy = { alone, acceptLoss };
          if (found.segments.length > 0 || !isNew(place, found)) return examine(place, found, policy, opened);
          beginDirectory(place, (failed) => {
            if (failed === null) reread(place, policy, opened);
            else fail(failed);
          });
        }),
      );
    },
  );
}

function reread(place: Place, policy: DamagePolicy, done: DoneWith<OpenedLog>): void {
  const fail = (error: Error): void => done(error, null);
  readDirectory(
    place,
    false,
    withValue(fail, (found) => {
      const verdict = judge(place, found, policy);
      if (verdict instanceof StorageError) fail(verdict);
      else if (verdict.damage !== null) fail(verdict.damage);
      else trust(place, found.snapshots, verdict, done);
    }),
  );
}

function examine(place: Place, found: FoundFiles, policy: DamagePolicy, done: DoneWith<OpenedLog>): void {
  const verdict = judge(place, found, policy);
  const isSound = !(verdict instanceof StorageError) && verdict.damage === null && !verdict.beginsAnew;
  if (!isSound && found.spared.length > 0) readAll(place, policy, done);
  else if (verdict instanceof StorageError) done(verdict, null);
  else if (verdict.damage === null) trust(place, found.snapshots, verdict, done);
  else mend(place, verdict, verdict.damage, policy, done);
}

/** What seemed enough was not: whatever is done about it must see everything. */
function readAll(place: Place, policy: DamagePolicy, done: DoneWith<OpenedLog>): void {
  readDirectory(
    place,
    false,
    withValue(
      (error) => done(error, null),
      (found) => examine(place, found, policy, done),
    ),
  );
}

function mend(place: Place, verdict: Verdict, damage: StorageError, policy: DamagePolicy, done: DoneWith<OpenedLog>): void {
  const fail = (error: Error): void => done(error, null);
  const { salvaged } = verdict.scanned;
  mendDirectory(place, verdict, (error) => {
    if (error !== null) return fail(error);
    // From the beginning: what was mended must stand every check.
    reread(
      place,
      policy,
      withValue(fail, ({ store, snapshots, recovered }) => {
        const { entries, offset } = recovered;
        const known = { ...recovered, damage: damageOf(place, damage, verdict) };
        const first = salvaged[0]?.index ?? 0;
        const fits = first > offset.index && first <= offset.index + entries.length + 1;
        if (!fits) return done(null, { store, snapshots, recovered: known });
        const whole = { ...known, entries: withSalvaged(entries, salvaged) };
        store.append({ hardState: null, entries: salvaged, commit: recovered.commitHint }, (failed) => {
          if (failed === null) done(null, { store, snapshots, recovered: whole });
          else fail(failed);
        });
      }),
    );
  });
}

function trust(place: Place, found: FoundSnapshots, verdict: Verdict, done: DoneWith<OpenedLog>): void {
  const { disk, dir, walDir, identity } = place;
  const { newest, scanned } = verdict;
  const copy = encodeCopy(newest, identity);
  const steps = [
    (next: Done) => settleEnd(place, verdict, next),
    ...(verdict.repairCopies ? COPY_NAMES.map((name) => (next: Done) => writeWhole(disk, dir, name, copy, next)) : []),
    ...(verdict.repairMark ? [(next: Done) => writeWhole(disk, dir, MARK_NAME, encodeMark(0, identity), next)] : []),
    (next: Done) => tidySnapshots(place, found, next),
    ...verdict.staleSegments.map(
      ({ file }) =>
        (next: Done) =>
          disk.unlink(file, next),
    ),
    // A name given just before a crash may not be durable yet.
    (next: Done) => disk.syncDir(walDir, next),
  ];
  inSequence(steps, (error) => {
    if (error !== null) return done(error, null);
    const last = `${walDir}/${segmentName(scanned.segment)}`;
    const paths = [...COPY_NAMES.map((name) => `${dir}/${name}`), `${dir}/${MARK_NAME}`, last];
    const fail = (failed: Error): void => done(failed, null);
    loadTogether<DiskFile>(
      paths,
      (path, next) => disk.open(path, next),
      withValue(fail, ([a, b, mark, segment]: readonly DiskFile[]) => {
        if (a === undefined || b === undefined || mark === undefined || segment === undefined)
          return fail(new Error('a file was not opened'));
        const store = assemble(place, verdict, { copies: [a, b], mark, segment });
        const snapshots = new SnapshotFiles({
          disk,
          dir: place.snapDir,
          clusterId: identity.clusterId,
          names: found.names,
          newest: verdict.snapshot,
        });
        const recovered = recoveredOf(found, verdict);
        if (!verdict.beginsAnew || verdict.snapshot === null) return done(null, { store, snapshots, recovered });
        const { snapshot: reset } = verdict;
        store.append({ hardState: null, reset, entries: [], commit: reset.last.index }, (failed) => {
          if (failed === null) done(null, { store, snapshots, recovered });
          else fail(failed);
        });
      }),
    );
  });
}

function recoveredOf(found: FoundSnapshots, { newest, scanned, snapshot, beginsAnew }: Verdict): Recovered {
  const { torn, commitHint } = scanned;
  const { offset, entries } = beginsAnew && snapshot !== null ? { offset: snapshot.last, entries: [] } : scanned;
  return {
    hardState: newest.hardState,
    snapshot: found.newest,
    offset,
    entries,
    commitHint: logIndex(Math.max(commitHint, snapshot?.last.index ?? 0)),
    tornBytes: torn === null ? 0 : torn.to - torn.from,
    damage: null,
  };
}

interface OpenFiles {
  readonly copies: readonly DiskFile[];
  readonly mark: DiskFile;
  readonly segment: DiskFile;
}

function assemble(place: Place, verdict: Verdict, files: OpenFiles): LogStore {
  const { disk, dir, walDir, identity, sizes, room } = place;
  const { scanned, newest, lastSegment } = verdict;
  const syncTimes = new SyncTimes();
  const allocatedBytes = scanned.torn === null ? (lastSegment?.bytes.length ?? 0) : scanned.endBytes;
  const segment = new SegmentWriter({
    disk,
    walDir,
    identity,
    sizes,
    syncTimes,
    room,
    segment: scanned.segment,
    opened: { file: files.segment, seed: scanned.seed, allocatedBytes },
    endBytes: scanned.endBytes,
    chain: scanned.chain,
    extents: verdict.extents,
  });
  const hardState = new HardStateFiles(files.copies, identity, newest, (file, next) =>
    timed(disk, syncTimes, (synced) => file.sync(synced))(next),
  );
  // -1: the mark on the disk may be older than what is now known, and is then written at once.
  const mark = new DurableMark(files.mark, identity, -1, { onError: (error) => wal.fail(error), pause: place.markPause });
  const { lastBatch, commitHint } = scanned;
  const { index, term } = endOf(scanned);
  const parts = { disk, dir, segment, hardState, mark, syncTimes, room };
  const wal = new Wal({ ...parts, lastBatch, last: { index, term }, commitHint });
  mark.set(lastBatch);
  return wal;
}

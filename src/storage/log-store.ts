/** Opens a data directory: makes a new one, or reads back what is there and decides whether it can be trusted. */
import type { NodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Done, LogStore, Recovered } from '../replica/ports.ts';
import { beginDirectory, type FoundFiles, type Place, readDirectory, writeWhole } from './directory.ts';
import type { Disk, DiskFile, DoneWith } from './disk.ts';
import { DurableMark, encodeMark, MARK_NAME } from './durable-mark.ts';
import { COPY_NAMES, encodeCopy, HardStateFiles } from './hard-state.ts';
import { judge, settleEnd, type Verdict, whyNotNew } from './recovery.ts';
import { assertIdentity } from './segment.ts';
import { type SegmentSizes, SegmentWriter, timedSync } from './segment-writer.ts';
import { inSequence, loadEach, withValue } from './sequence.ts';
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
}

export interface OpenedLog {
  readonly store: LogStore;
  readonly recovered: Recovered;
}

const AHEAD_BYTES = 1_024 * 1_024;
/** Calls back with a StorageError when the directory cannot be trusted; then nothing in it was changed. */
export function openLogStore(options: LogStoreOptions, done: DoneWith<OpenedLog>): void {
  const { disk, dir, clusterId, nodeId, limits } = options;
  assertIdentity({ clusterId, nodeId });
  const sizes = { segmentBytes: LIMITS.segmentBytes, aheadBytes: AHEAD_BYTES, ...limits };
  const place = { disk, dir, walDir: `${dir}/wal`, identity: { clusterId, nodeId }, sizes };
  const fail = (error: Error): void => done(diskError(error, dir), null);
  const opened = withValue<OpenedLog>(fail, (log) => done(null, log));
  inSequence([(next) => disk.makeDir(dir, next), (next) => disk.makeDir(place.walDir, next)], (error) => {
    if (error !== null) return fail(error);
    readDirectory(
      place,
      withValue(fail, (found) => {
        if (found.segments.length > 0) return trust(place, found, opened);
        const refusal = whyNotNew(place, found);
        if (refusal !== null) return fail(refusal);
        beginDirectory(place, (failed) => {
          if (failed !== null) fail(failed);
          else
            readDirectory(
              place,
              withValue(fail, (begun) => trust(place, begun, opened)),
            );
        });
      }),
    );
  });
}

function trust(place: Place, found: FoundFiles, done: DoneWith<OpenedLog>): void {
  const verdict = judge(place, found);
  if (verdict instanceof StorageError) {
    done(verdict, null);
    return;
  }
  const { disk, dir, walDir, identity } = place;
  const { newest, scanned } = verdict;
  const copy = encodeCopy(newest, identity);
  const steps = [
    (next: Done) => settleEnd(place, verdict, next),
    ...(verdict.repairCopies ? COPY_NAMES.map((name) => (next: Done) => writeWhole(disk, dir, name, copy, next)) : []),
    ...(verdict.repairMark ? [(next: Done) => writeWhole(disk, dir, MARK_NAME, encodeMark(0, identity), next)] : []),
    // A name given just before a crash may not be durable yet.
    (next: Done) => disk.syncDir(walDir, next),
  ];
  inSequence(steps, (error) => {
    if (error !== null) return done(error, null);
    const paths = [...COPY_NAMES.map((name) => `${dir}/${name}`), `${dir}/${MARK_NAME}`, verdict.lastSegment.file];
    const fail = (failed: Error): void => done(failed, null);
    loadEach<DiskFile>(
      paths,
      (path, next) => disk.open(path, next),
      withValue(fail, ([a, b, mark, segment]: readonly DiskFile[]) => {
        if (a === undefined || b === undefined || mark === undefined || segment === undefined)
          return fail(new Error('a file was not opened'));
        const store = assemble(place, verdict, { copies: [a, b], mark, segment });
        const { torn, entries, commitHint } = scanned;
        const tornBytes = torn === null ? 0 : torn.to - torn.from;
        done(null, { store, recovered: { hardState: newest.hardState, entries, commitHint, tornBytes } });
      }),
    );
  });
}

interface OpenFiles {
  readonly copies: readonly DiskFile[];
  readonly mark: DiskFile;
  readonly segment: DiskFile;
}

function assemble({ disk, dir, walDir, identity, sizes }: Place, verdict: Verdict, files: OpenFiles): LogStore {
  const { scanned, newest, lastSegment } = verdict;
  const syncTimes = new SyncTimes();
  const allocatedBytes = scanned.torn === null ? lastSegment.bytes.length : scanned.endBytes;
  const segment = new SegmentWriter({
    disk,
    walDir,
    identity,
    sizes,
    syncTimes,
    segment: scanned.segment,
    opened: { file: files.segment, seed: scanned.seed, allocatedBytes },
    endBytes: scanned.endBytes,
    chain: scanned.chain,
  });
  const hardState = new HardStateFiles(files.copies, identity, newest, (file, next) =>
    timedSync({ disk, syncTimes }, file, next),
  );
  // -1: the mark on the disk may be older than what is now known, and is then written at once.
  const mark = new DurableMark(files.mark, identity, -1, (error) => wal.fail(error));
  const { lastBatch, entries, commitHint } = scanned;
  const wal = new Wal({ disk, dir, segment, hardState, mark, syncTimes, lastBatch, lastIndex: entries.length, commitHint });
  mark.set(lastBatch);
  return wal;
}

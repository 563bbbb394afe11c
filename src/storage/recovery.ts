/** Decides what a directory's files are worth together, and settles the end of its log accordingly. */
import { nextTerm, term } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { HardState, Snapshot } from '../raft/messages.ts';
import type { Done } from '../replica/ports.ts';
import { type FoundFiles, type Place, writeWhole } from './directory.ts';
import { decodeMark } from './durable-mark.ts';
import { type ChosenCopy, COPY_NAMES, chooseCopy, decodeCopy, FIRST_SEQUENCE, type HardStateCopy } from './hard-state.ts';
import { type DurableEvidence, emptyLog, endOf, highestTerm, type ScannedLog, type SegmentExtent, scanSegments } from './scan.ts';
import { decodeSegmentHeader, type Identity, segmentName } from './segment.ts';
import { inSequence, withValue } from './sequence.ts';
import { StorageError } from './storage-error.ts';

type Copies = readonly (HardStateCopy | null)[];
type Segments = FoundFiles['segments'];

/** What may be done about damage. */
export interface DamagePolicy {
  /** The only voter: nobody else can give back what is lost, so damage is refused unless its loss is accepted. */
  readonly alone: boolean;
  /** A person has decided to go on with what is left, and to take this node's word for whole. */
  readonly acceptLoss: boolean;
}

function decodeCopies({ dir, identity }: Place, copies: readonly Buffer[]): Copies | StorageError {
  const decoded: (HardStateCopy | null)[] = [];
  for (const [i, bytes] of copies.entries()) {
    const copy = decodeCopy(bytes, `${dir}/${COPY_NAMES[i] ?? ''}`, identity);
    if (copy instanceof StorageError) return copy;
    decoded.push(copy);
  }
  return decoded;
}

/** Whether a directory without a segment shows no trace of a past, so that no log was lost. */
export function isNew(place: Place, { copies, mark }: FoundFiles): boolean {
  const decoded = decodeCopies(place, copies);
  if (decoded instanceof StorageError) return false;
  const used = decoded.some((copy, i) => (copy === null ? copies[i]?.length !== 0 : copy.sequence > FIRST_SEQUENCE));
  return !used && (mark.length === 0 || decodeMark(mark, place.identity) === 0);
}

/** What a directory says, after all checks. */
export interface Verdict {
  /** What the copies of the hard state are to say. */
  readonly newest: HardStateCopy;
  readonly repairCopies: boolean;
  readonly repairMark: boolean;
  readonly scanned: ScannedLog;
  /** Every segment of the log with the highest index in it. */
  readonly extents: readonly SegmentExtent[];
  /** The newest that is whole. */
  readonly snapshot: Snapshot | null;
  /** The log ends before the snapshot, or has other entries at its end: it is to begin anew after it. */
  readonly beginsAnew: boolean;
  /** Segments that a snapshot has taken the place of. */
  readonly staleSegments: FoundFiles['segments'];
  /** Null when not even the first is left. */
  readonly lastSegment: FoundFiles['segments'][number] | null;
  /** Files of the log that do not belong to it any more. */
  readonly lostSegments: FoundFiles['segments'];
  readonly damage: StorageError | null;
}

export function judge(place: Place, found: FoundFiles, policy: DamagePolicy): Verdict | StorageError {
  const copies = decodeCopies(place, found.copies);
  if (copies instanceof StorageError) return copies;
  const mark = decodeMark(found.mark, place.identity);
  const vote = chooseCopy(copies, `${place.dir}/${COPY_NAMES[0]}`);
  const forgiven = policy.alone && policy.acceptLoss;
  if (vote instanceof StorageError && !forgiven) return vote;
  const chosen = vote instanceof StorageError ? LOST_VOTE : vote;
  const durableBatch = Math.max(mark ?? 0, chosen.copy.durableBatch);
  const snapshot = found.snapshots.newest?.snapshot ?? null;
  const run = connectedRun(found.segments, place.identity, snapshot);
  const scanned = withoutGap(place, found, scanFound(place, run, { durableBatch, complete: mark !== null }, snapshot));
  if (scanned instanceof StorageError) return scanned;
  const inLog = scanned.damage === null ? endOf(scanned).term : highestTerm(found.segments);
  const highest = Math.max(inLog, snapshot?.last.term ?? 0);
  if (highest > chosen.copy.hardState.term && !forgiven) return forgottenVote(place, highest, chosen.copy.hardState);
  const damage = scanned.damage ?? (vote instanceof StorageError ? vote : null);
  if (damage !== null && policy.alone && !policy.acceptLoss) return damage;
  const hardState = nextState(chosen.copy.hardState, { damaged: damage !== null, highest, policy });
  const changed = hardState !== chosen.copy.hardState;
  const newest = changed ? { sequence: chosen.copy.sequence + 1, hardState, durableBatch: scanned.lastBatch } : chosen.copy;
  return {
    newest,
    repairCopies: chosen.repair || changed,
    repairMark: mark === null || damage !== null,
    scanned,
    extents: [...found.spared, ...scanned.extents],
    snapshot,
    beginsAnew: snapshot !== null && !holdsEndOf(snapshot, scanned),
    staleSegments: scanned.damage === null ? found.segments.filter((segment) => !run.includes(segment)) : [],
    lastSegment: found.segments.find(({ segment }) => segment === scanned.segment) ?? null,
    lostSegments: scanned.damage === null ? [] : found.segments.filter(({ segment }) => segment > scanned.segment),
    damage,
  };
}

const NO_STATE: HardState = { term: term(0), votedFor: null, repairFrom: null };
/** Whoever is the only voter can vote for nobody else. */
const LOST_VOTE: ChosenCopy = { copy: { sequence: FIRST_SEQUENCE, hardState: NO_STATE, durableBatch: 0 }, repair: true };

/**
 * The segments to read: the unbroken run up to the last one, if the snapshot reaches to its beginning (what is before it was being
 * removed when the node stopped); else all of them, which shows where the gap is.
 */
function connectedRun(segments: Segments, identity: Identity, snapshot: Snapshot | null): Segments {
  let first = Math.max(0, segments.length - 1);
  while (first > 0 && segments[first - 1]?.segment === (segments[first]?.segment ?? 0) - 1) first -= 1;
  const head = segments[first];
  if (first === 0 || head === undefined || snapshot === null) return segments;
  const header = decodeSegmentHeader(head.bytes, head.file, identity);
  const connects = !(header instanceof StorageError) && header.last.index <= snapshot.last.index;
  return connects ? segments.slice(first) : segments;
}

/** A log that begins beyond what the snapshot stands for is not used at all (redisraft#43). */
function withoutGap(
  { walDir }: Place,
  { snapshots, segments }: FoundFiles,
  scanned: ScannedLog | StorageError,
): ScannedLog | StorageError {
  const reaches = snapshots.newest?.snapshot.last.index ?? 0;
  if (scanned instanceof StorageError || scanned.offset.index <= reaches) return scanned;
  if (scanned.damage !== null) return emptyLog(scanned.damage);
  const detail = `the log begins after index ${scanned.offset.index}, and no snapshot stands for all that is before`;
  const file = segments[0]?.file ?? walDir;
  return emptyLog(snapshots.damage ?? new StorageError({ kind: 'corrupt', file, offset: null, detail }));
}

/** Only then do the entries after it belong to the same log (openraft#559). */
function holdsEndOf({ last }: Snapshot, { entries, offset }: ScannedLog): boolean {
  if (last.index === offset.index) return last.term === offset.term;
  const place = last.index - offset.index - 1;
  return place >= 0 && place < entries.length && entries.packed.termAt(place) === last.term;
}

function scanFound(
  { identity, walDir }: Place,
  segments: Segments,
  known: DurableEvidence,
  snapshot: Snapshot | null,
): ScannedLog | StorageError {
  if (segments.length > 0) {
    const scanned = scanSegments(segments, identity, known, (snapshot?.last.index ?? 0) - LIMITS.logTailKept);
    // A damaged log is read again with everything in it: entries may have to be written anew.
    return scanned instanceof StorageError || scanned.damage === null ? scanned : scanSegments(segments, identity, known);
  }
  const detail = 'the segments of the log are missing';
  return emptyLog(new StorageError({ kind: 'corrupt', file: walDir, offset: null, detail }));
}

/**
 * A new term in which this node has voted for nobody. A leader of an older one steps down when it hears of it, and with it
 * goes what that leader remembers of entries that are gone; no answer that is still on its way counts in the new term.
 */
function nextState(
  found: HardState,
  known: { readonly damaged: boolean; readonly highest: number; readonly policy: DamagePolicy },
): HardState {
  const { damaged, highest, policy } = known;
  if (damaged) {
    const next = nextTerm(term(Math.max(found.term, highest)));
    return { term: next, votedFor: null, repairFrom: policy.acceptLoss ? null : next };
  }
  return policy.acceptLoss && found.repairFrom !== null ? { ...found, repairFrom: null } : found;
}

function forgottenVote({ dir }: Place, highest: number, { term: known }: HardState): StorageError {
  const detail = `the log has entries of term ${highest}, but the newest vote is of term ${known}`;
  return new StorageError({ kind: 'vote', file: `${dir}/${COPY_NAMES[0]}`, offset: null, detail });
}

/**
 * Makes the end of the log what the scan says. After a failed sync the kernel may count what it has cached as clean though the
 * disk never got it (ATC'20), so whatever the next start would only read is written once more: a batch that is not proved
 * durable, and a log that is cut as a whole new file, since a cut that was forgotten would leave no trace to be found.
 */
export function settleEnd({ disk, dir, walDir }: Place, { scanned, lastSegment, damage, newest }: Verdict, done: Done): void {
  const { torn, unprovedFrom, endBytes, segment } = scanned;
  if (lastSegment === null || (torn === null && unprovedFrom === null)) {
    done(null);
    return;
  }
  const { file: path, bytes } = lastSegment;
  if (torn === null) {
    const from = unprovedFrom ?? endBytes;
    disk.open(
      path,
      withValue(done, (file) => {
        inSequence([(next) => file.write(bytes.subarray(from, endBytes), from, next), (next) => file.sync(next)], (error) => {
          file.close((closeError) => done(error ?? closeError));
        });
      }),
    );
    return;
  }
  const quarantine = `${dir}/quarantine`;
  const name = quarantineName(damage === null ? null : newest, `${segmentName(segment)}-${endBytes}`);
  const steps = [
    (next: Done) => disk.makeDir(quarantine, next),
    (next: Done) => writeWhole(disk, quarantine, name, bytes.subarray(torn.from, torn.to), next),
    (next: Done) => writeWhole(disk, walDir, segmentName(segment), bytes.subarray(0, endBytes), next),
  ];
  inSequence(steps, done);
}

/** Each repair has a term of its own, so that it never overwrites what an earlier one kept. */
export const quarantineName = (repair: HardStateCopy | null, name: string): string =>
  repair === null ? name : `term-${repair.hardState.term}-${name}`;

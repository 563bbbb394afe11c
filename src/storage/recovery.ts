/** Decides what a directory's files are worth together, and settles the end of its log accordingly. */
import { nextTerm, term } from '../base/brand.ts';
import type { HardState } from '../raft/messages.ts';
import type { Done } from '../replica/ports.ts';
import { type FoundFiles, type Place, writeWhole } from './directory.ts';
import { decodeMark } from './durable-mark.ts';
import { type ChosenCopy, COPY_NAMES, chooseCopy, decodeCopy, FIRST_SEQUENCE, type HardStateCopy } from './hard-state.ts';
import { type DurableEvidence, emptyLog, highestTerm, type ScannedLog, scanSegments } from './scan.ts';
import { segmentName } from './segment.ts';
import { inSequence, withValue } from './sequence.ts';
import { StorageError } from './storage-error.ts';

type Copies = readonly (HardStateCopy | null)[];

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
  const scanned = scanFound(place, found, { durableBatch, complete: mark !== null });
  if (scanned instanceof StorageError) return scanned;
  const highest = scanned.damage === null ? (scanned.entries.at(-1)?.term ?? 0) : highestTerm(found.segments);
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
    lastSegment: found.segments.find(({ segment }) => segment === scanned.segment) ?? null,
    lostSegments: scanned.damage === null ? [] : found.segments.filter(({ segment }) => segment > scanned.segment),
    damage,
  };
}

const NO_STATE: HardState = { term: term(0), votedFor: null, repairFrom: null };
/** Whoever is the only voter can vote for nobody else. */
const LOST_VOTE: ChosenCopy = { copy: { sequence: FIRST_SEQUENCE, hardState: NO_STATE, durableBatch: 0 }, repair: true };

function scanFound(place: Place, { segments }: FoundFiles, known: DurableEvidence): ScannedLog | StorageError {
  if (segments.length > 0) return scanSegments(segments, place.identity, known);
  const detail = 'the segments of the log are missing';
  return emptyLog(new StorageError({ kind: 'corrupt', file: place.walDir, offset: null, detail }));
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
 * Makes the end of the log what the scan says. A batch that is not proved durable may so far be only in the kernel's
 * cache, or (after a failed sync) be marked clean there though the disk never got it: it is written and synced again.
 */
export function settleEnd({ disk, dir }: Place, { scanned, lastSegment, damage, newest }: Verdict, done: Done): void {
  const { torn, unprovedFrom, endBytes, segment } = scanned;
  if (lastSegment === null || (torn === null && unprovedFrom === null)) {
    done(null);
    return;
  }
  const { bytes } = lastSegment;
  const quarantine = `${dir}/quarantine`;
  const name = quarantineName(damage === null ? null : newest, `${segmentName(segment)}-${endBytes}`);
  disk.open(
    lastSegment.file,
    withValue(done, (file) => {
      const cut =
        torn === null
          ? []
          : [
              (next: Done) => disk.makeDir(quarantine, next),
              (next: Done) => writeWhole(disk, quarantine, name, bytes.subarray(torn.from, torn.to), next),
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

/** Each repair has a term of its own, so that it never overwrites what an earlier one kept. */
export const quarantineName = (repair: HardStateCopy | null, name: string): string =>
  repair === null ? name : `term-${repair.hardState.term}-${name}`;

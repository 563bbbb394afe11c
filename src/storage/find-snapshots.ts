/** The snapshots that a directory holds at the start: the newest whole one is read, its state built, everything else put in order. */
import type { Machine } from '../kv/machine.ts';
import type { Snapshot } from '../raft/messages.ts';
import type { Done } from '../replica/ports.ts';
import type { Place } from './directory.ts';
import type { DoneWith } from './disk.ts';
import { inSequence, withValue } from './sequence.ts';
import { loadSnapshot } from './snapshot-file.ts';
import { snapshotNames } from './snapshot-store.ts';
import { StorageError } from './storage-error.ts';

/** How far a start has come: the newest snapshot first, then the log, which is read at once. Where there is neither, a directory is made. */
export type StartProgress =
  | { readonly reading: 'nothing'; readonly steps: number; readonly of: number }
  | { readonly reading: 'snapshot'; readonly file: string; readonly readBytes: number }
  | { readonly reading: 'log'; readonly segments: number; readonly bytes: number };

export interface FoundSnapshots {
  /** Null when there is none that can be read. */
  readonly newest: { readonly snapshot: Snapshot; readonly machine: Machine } | null;
  /** Names of it and of the older ones, ascending. */
  readonly names: readonly string[];
  /** Names of those that are damaged. */
  readonly rotten: readonly string[];
  readonly damage: StorageError | null;
  /** What is left of some that were never finished. */
  readonly unfinished: readonly string[];
}

/** Calls back with an error only when the disk fails: a damaged snapshot gives way to the one before it. */
export function readSnapshots(place: Place, done: DoneWith<FoundSnapshots>): void {
  const { disk, snapDir, identity, onProgress } = place;
  const fail = (error: Error): void => done(error, null);
  const found = (all: readonly string[]): void => {
    const names = [...snapshotNames(all)];
    const unfinished = all.filter((name) => name.endsWith('.tmp'));
    const rotten: string[] = [];
    let damage: StorageError | null = null;
    const tryNewest = (): void => {
      const name = names.at(-1);
      if (name === undefined) {
        done(null, { newest: null, names, rotten, damage, unfinished });
        return;
      }
      const path = `${snapDir}/${name}`;
      const load = { disk, path, clusterId: identity.clusterId, restores: true };
      loadSnapshot(
        { ...load, onProgress: (readBytes) => onProgress({ reading: 'snapshot', file: path, readBytes }) },
        (error, loaded) => {
          if (loaded !== null && loaded.machine !== null) {
            const { snapshot, machine } = loaded;
            done(null, { newest: { snapshot, machine }, names, rotten, damage, unfinished });
            return;
          }
          if (!(error instanceof StorageError) || error.kind !== 'corrupt')
            return fail(error ?? new Error(`${path} was not read`));
          damage ??= error;
          rotten.push(name);
          names.pop();
          tryNewest();
        },
      );
    };
    tryNewest();
  };
  disk.list(snapDir, withValue(fail, found));
}

/** Damaged ones go to quarantine, unfinished ones go. */
export function tidySnapshots({ disk, dir, snapDir }: Place, { rotten, unfinished }: FoundSnapshots, done: Done): void {
  if (rotten.length + unfinished.length === 0) {
    done(null);
    return;
  }
  const quarantine = `${dir}/quarantine`;
  const steps = [
    (next: Done) => disk.makeDir(quarantine, next),
    ...rotten.map((name) => (next: Done) => disk.rename(`${snapDir}/${name}`, `${quarantine}/${name}`, next)),
    ...unfinished.map((name) => (next: Done) => disk.unlink(`${snapDir}/${name}`, next)),
    (next: Done) => disk.syncDir(quarantine, next),
    (next: Done) => disk.syncDir(snapDir, next),
  ];
  inSequence(steps, done);
}

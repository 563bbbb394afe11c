/** What can be wrong with the disk, in words that name the file and the next step. */
export type StorageFault = 'corrupt' | 'suspect' | 'vote' | 'version' | 'full' | 'io' | 'locked' | 'foreign';

const WAY_OUT =
  'restore the directory from a backup, or start the node once with --accept-data-loss: its log then ends before this place, and the rest is kept in quarantine/.';

const NEXT_STEP: Readonly<Record<StorageFault, string>> = {
  corrupt: `Nothing was changed, and no other node can give this one back what it lost: ${WAY_OUT}`,
  suspect: `Nothing was changed. It cannot be told whether these bytes were ever acknowledged: ${WAY_OUT}`,
  vote: 'Nothing was changed. Restore the directory from a backup of this very state: with an older one, this node could vote twice in one term. Only the single node of a cluster of one may start with --accept-data-loss instead.',
  version: 'Start the node with the version of this program that wrote it.',
  full: 'Free some space, then start the node again: what it acknowledged is kept.',
  io: 'Look at the disk and the rights of the directory, then start the node again: it reads everything back before it answers.',
  locked: 'Stop the other process first, or use another directory.',
  foreign: 'Point the node at its own directory.',
};

interface StorageErrorParts {
  readonly kind: StorageFault;
  readonly file: string;
  /** Bytes from the start of the file; null when the whole file is meant. */
  readonly offset: number | null;
  readonly detail: string;
}

/** Ends the use of a store: none is ever retried, since a failed sync leaves the kernel's pages marked clean (ATC'20). */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly kind: StorageFault;
  readonly file: string;
  readonly offset: number | null;
  readonly detail: string;

  constructor({ kind, file, offset, detail }: StorageErrorParts) {
    super(`${file}${offset === null ? '' : ` at byte ${offset}`}: ${detail}. ${NEXT_STEP[kind]}`);
    this.kind = kind;
    this.file = file;
    this.offset = offset;
    this.detail = detail;
  }
}

/** A failed call to the disk, as a StorageError; one that already is stays as it is. */
export function diskError(error: Error, file: string): StorageError {
  if (error instanceof StorageError) return error;
  const code = 'code' in error ? String(error.code) : '';
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'full' : 'io';
  const detail = code === 'ELOOP' ? 'it is a symbolic link, which is refused' : error.message;
  return new StorageError({ kind, file, offset: null, detail });
}

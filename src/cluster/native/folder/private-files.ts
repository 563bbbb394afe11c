/**
 * Files and folders that only their owner may touch. Tokens are among them, so a symbolic link, a foreign owner or a
 * looser mode is refused instead of repaired: somebody else may have had a look already.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ClusterError, systemCode } from '../cluster-error.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const GROUP_OR_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;

/** Makes the folder that holds all clusters, or checks that nobody else can write to it. */
export async function ensureHome(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await stat(path);
  if (!found.isDirectory()) throw new ClusterError(`${path} is not a folder.`);
  refuseForeignOwner(path, found.uid);
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new ClusterError(`${path} can be written by other users. Fix it with: chmod go-w '${path}'`);
  }
}

/** Makes one folder with mode 0700. Rejects with EEXIST when something is there already. */
export async function createPrivateDir(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
}

/** Throws unless the folder is ours, is no symbolic link and has mode 0700 or tighter. */
export async function checkPrivateDir(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink() || !found.isDirectory()) throw new ClusterError(`${path} is not a folder of its own.`);
  refuseForeignOwner(path, found.uid);
  if ((found.mode & GROUP_OR_OTHERS) !== 0) {
    throw new ClusterError(`${path} is open to other users. Fix it with: chmod 700 '${path}'`);
  }
}

/** The text of a private file of at most `maxBytes`; null when there is none. Throws when it is not private. */
export async function readPrivateFile(path: string, maxBytes: number): Promise<string | null> {
  let file: FileHandle;
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    if (systemCode(error) === 'ELOOP') throw new ClusterError(`${path} is a symbolic link, which is not followed.`);
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new ClusterError(`${path} is not a plain file.`);
    refuseForeignOwner(path, found.uid);
    if ((found.mode & GROUP_OR_OTHERS) !== 0) {
      throw new ClusterError(`${path} is open to other users. Fix it with: chmod 600 '${path}'`);
    }
    if (found.size > maxBytes) throw new ClusterError(`${path} has ${found.size} bytes, over the limit of ${maxBytes}.`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Writes a new file with mode 0600. Rejects with EEXIST when the name is taken, a dangling link included. */
export async function createPrivateFile(path: string, text: string): Promise<void> {
  const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/**
 * Replaces a file at once: a reader sees the old text or the new, never a mixture. With `durable` the new text also
 * survives a power cut; leave it out for what a restart of the machine makes void anyway.
 */
export async function replacePrivateFile(path: string, text: string, options: { readonly durable: boolean }): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    try {
      await file.writeFile(text);
      if (options.durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  if (options.durable) await syncDir(dirname(path));
}

/** Makes new names in a folder durable. */
export async function syncDir(path: string): Promise<void> {
  const folder = await open(path, O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function refuseForeignOwner(path: string, uid: number): void {
  const self = process.getuid?.();
  if (self !== undefined && uid !== self) throw new ClusterError(`${path} belongs to another user (uid ${uid}).`);
}

/** Where clusters live on this machine. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { ClusterError } from '../cluster-error.ts';

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** `$RAFTKV_HOME`, else the platform's folder for a program's data. */
export function defaultHome(): string {
  const { RAFTKV_HOME, XDG_DATA_HOME } = process.env;
  if (RAFTKV_HOME) return resolve(RAFTKV_HOME);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'raftkv-tui');
  // The XDG base directory specification says that a relative path is to be ignored.
  const data = XDG_DATA_HOME && isAbsolute(XDG_DATA_HOME) ? XDG_DATA_HOME : join(homedir(), '.local', 'share');
  return join(data, 'raftkv-tui');
}

/** True for a name that is also safe as a folder: lower-case letters, digits, `_` and `-`, not first. */
export function isClusterName(name: string): boolean {
  return NAME.test(name);
}

/** The cluster's folder. Throws for a name that is none. */
export function clusterDir(home: string, name: string): string {
  if (!isClusterName(name)) {
    throw new ClusterError(
      `'${name}' is no cluster name: use 1 to 64 lower-case letters, digits, '_' or '-', starting with a letter or digit.`,
    );
  }
  return join(home, name);
}

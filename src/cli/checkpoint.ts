/** How far an import came, so that the next one can go on. Kept in the cluster's folder: it dies with the cluster. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface ImportPosition {
  /** Everything before this byte is in the cluster (line formats). */
  readonly offset: number;
  readonly line: number;
  /** Records that are in the cluster, from the beginning without a gap. */
  readonly records: number;
}

export const BEGINNING: ImportPosition = { offset: 0, line: 0, records: 0 };

/** A file that was changed is another file: going on in the middle of it would be wrong. */
export function checkpointFile(folder: string, path: string, stats: Stats, clusterName: string): string {
  const identity = [realpathSync(path), stats.dev, stats.ino, stats.size, stats.mtimeMs, clusterName].join('\0');
  return join(folder, `import-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}.json`);
}

/** Null when there is none, or none that can be read. */
export function readCheckpoint(file: string): ImportPosition | null {
  try {
    const parsed: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
    const number = (name: string): number => {
      const value = parsed[name];
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new RangeError(name);
      return value;
    };
    return { offset: number('offset'), line: number('line'), records: number('records') };
  } catch {
    return null;
  }
}

export function writeCheckpoint(file: string, position: ImportPosition): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.tmp`;
  writeFileSync(fresh, JSON.stringify(position), { mode: 0o600 });
  renameSync(fresh, file);
}

export function removeCheckpoint(file: string): void {
  rmSync(file, { force: true });
}

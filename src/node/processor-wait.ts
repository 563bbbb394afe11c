/**
 * How long this thread was ready to run while others had the processors, as Linux counts it (`/proc/PID/schedstat`: nanoseconds on a
 * processor, nanoseconds waiting for one, turns). Elsewhere nobody knows.
 */
import { openSync, readSync } from 'node:fs';
import { type Millis, millis } from '../base/brand.ts';

const NS_PER_MS = 1e6;
const room = Buffer.alloc(96);

/** Null: not looked for yet; -1: there is none. */
let file: number | null = null;

/** In all, since the thread began; null where it is not counted. Takes some microseconds. */
export function waitedForProcessor(): Millis | null {
  file ??= opened();
  if (file === -1) return null;
  const [, waited] = room.toString('latin1', 0, readSync(file, room, 0, room.length, 0)).split(' ');
  return waited === undefined ? null : millis(Number(waited) / NS_PER_MS);
}

function opened(): number {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  } catch {
    return -1;
  }
}

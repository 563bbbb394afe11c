/** Round-trip times that stand still while they only jitter, so that an idle console has nothing to repaint. Pure. */
import type { ClusterPicture } from '../cluster/driver.ts';

/** A change of less than this, and of less than half, is jitter. */
const JITTER_MS = 3;
/** What is below this as well may be the machine that was busy for a moment, and waits until numbers are brought up to date. */
export const LEAP_MS = 12;
/** So often they are. */
export const SETTLE_MS = 10_000;

export function steadyRoundTrips(
  shown: ReadonlyMap<string, number>,
  picture: ClusterPicture,
  jitterMs: number = JITTER_MS,
): ReadonlyMap<string, number> {
  const next = new Map<string, number>();
  let changed = false;
  for (const { id, status } of picture.nodes) {
    for (const { peer, rttMs } of status?.links ?? []) {
      if (rttMs === null) continue;
      const name = `${id}>${peer}`;
      const old = shown.get(name);
      const keeps = old !== undefined && Math.abs(rttMs - old) <= Math.max(jitterMs, old / 2);
      next.set(name, keeps ? old : rttMs);
      changed ||= !keeps;
    }
  }
  return changed || next.size !== shown.size ? next : shown;
}

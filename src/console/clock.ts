/** How soon the screen changes by the passing of time alone. Pure. */
import type { ConsoleState } from './state.ts';
import { timerOf } from './views/timer.ts';

const SECOND_MS = 1_000;
const FRAME_MS = 100;
const SILENT_MS = 2_000;

/** Milliseconds until the next look is worth it; null when nothing on screen depends on time. */
export function clockIntervalOf(state: ConsoleState): number | null {
  const { picture, now, view, overlay } = state;
  // The past stands still; only how long ago it was grows.
  if (state.moment !== null) return state.replay && state.flash === null ? null : SECOND_MS;
  if (picture.nodes.some((node) => timerOf(node, now) !== null)) return FRAME_MS;
  const waits = [
    state.flash !== null && state.flash.until !== Number.POSITIVE_INFINITY ? state.flash.until - now : null,
    state.quitArmedUntil === null ? null : state.quitArmedUntil - now,
    state.rate.perSecond > 0 || state.rate.samples.length > 1 ? SECOND_MS : null,
    picture.faults.length > 0 ? SECOND_MS : null,
    overlay?.type === 'node' && picture.nodes.some((node) => node.state !== 'up') ? SECOND_MS : null,
    view === 'keys' && keysWait(state) ? SECOND_MS : null,
    silentIn(state),
  ].filter((wait) => wait !== null);
  return waits.length === 0 ? null : Math.max(FRAME_MS, Math.min(...waits) + 1);
}

/** What is shown is of this second, or counts on also when nothing happens. */
export function runsWithTime({ view, overlay, moment, rate }: ConsoleState): boolean {
  return view === 'metrics' || view === 'checks' || overlay?.type === 'node' || moment !== null || rate.perSecond > 0;
}

/** A running node of which nothing is heard is an age on the screen; before that, it may become one. */
function silentIn({ picture, now }: ConsoleState): number | null {
  const ages = picture.nodes
    .filter((node) => node.state === 'up' && node.seenAt !== null)
    .map((node) => now - (node.seenAt ?? now));
  if (ages.length === 0) return null;
  return ages.some((age) => age > SILENT_MS) ? SECOND_MS : SILENT_MS - Math.max(...ages) + FRAME_MS;
}

function keysWait({ keys, picture }: ConsoleState): boolean {
  return keys.problem !== null || picture.nodes.some((node) => (node.status?.revision ?? 0) > keys.revision);
}

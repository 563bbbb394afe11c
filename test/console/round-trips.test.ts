import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { LEAP_MS, SETTLE_MS } from '../../src/console/round-trips.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { consoleState, send } from '../support/console-state.ts';
import { FAKE_NOW, fakePicture, withNode } from '../support/fake-picture.ts';

const [n1, n2] = [nodeId('n1'), nodeId('n2')];

/** What n1 tells of its way to n2, so many milliseconds after the start. */
const pictureAt = (rttMs: number) =>
  withNode(fakePicture(3), n1, {}, { links: [{ peer: n2, connected: true, rttMs, queuedBytes: 0 }] });
const told = (state: ConsoleState, rttMs: number, now: number): ConsoleState =>
  send(state, {
    type: 'data',
    picture: pictureAt(rttMs),
    ownsNodes: true,
    checks: null,
    events: [],
    dropped: 0,
    now,
    wall: FAKE_NOW,
  }).state;
const shown = (state: ConsoleState): number | undefined => state.roundTrips.get('n1>n2');

describe('round trips on the screen', () => {
  it('stand still while they only jitter, and are brought up to date now and then', () => {
    const start = consoleState({ columns: 80, rows: 24 }, pictureAt(1));
    const busy = told(start, LEAP_MS, 1_000);
    expect(shown(busy)).toBe(1);
    const settled = told(busy, LEAP_MS, SETTLE_MS);
    expect(shown(settled)).toBe(LEAP_MS);
    expect(shown(told(settled, 1, SETTLE_MS + 1))).toBe(LEAP_MS);
  });

  it('follow a leap at once', () => {
    const start = consoleState({ columns: 80, rows: 24 }, pictureAt(1));
    const slow = told(start, 80, 100);
    expect(shown(slow)).toBe(80);
    expect(shown(told(slow, 2, 200))).toBe(2);
  });
});

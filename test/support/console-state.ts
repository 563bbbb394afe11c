/** States of the console for tests of reducers and views: a scene, a size, and keys pressed in it. */

import type { ClusterPicture } from '../../src/cluster/driver.ts';
import type { EditKey } from '../../src/commands/line-editor.ts';
import type { Effect, Message } from '../../src/console/messages.ts';
import { type ConsoleState, initialState, type Size } from '../../src/console/state.ts';
import { update } from '../../src/console/update.ts';
import { ALL_CAPABILITIES } from './fake-driver.ts';
import { FAKE_NOW } from './fake-picture.ts';
import { scenePicture } from './fake-scene.ts';

export function consoleState(size: Size = { columns: 80, rows: 24 }, picture: ClusterPicture = scenePicture()): ConsoleState {
  return initialState({
    size,
    picture,
    capabilities: ALL_CAPABILITIES,
    ownsNodes: true,
    replay: false,
    writable: true,
    theme: 'dark',
    history: [],
    now: 0,
    wall: FAKE_NOW,
  });
}

const NAMES = /^(?:ctrl-.|alt-.|up|down|left|right|home|end|page-up|page-down|enter|escape|tab|shift-tab|backspace|delete)$/;

/** `j`, `enter`, `ctrl-c`; anything longer that is no key name is typed letter by letter. */
export function keys(...names: readonly string[]): readonly EditKey[] {
  return names.flatMap((name): readonly EditKey[] =>
    name === 'space'
      ? [{ type: 'text', text: ' ' }]
      : NAMES.test(name)
        ? [{ type: 'key', name }]
        : [...name].map((text) => ({ type: 'text', text })),
  );
}

export interface Played {
  readonly state: ConsoleState;
  readonly effects: readonly Effect[];
}

/** Presses keys one after the other, `gapMs` apart. */
export function press(start: ConsoleState, names: readonly string[], gapMs = 300): Played {
  let state = start;
  const effects: Effect[] = [];
  for (const key of keys(...names)) {
    const step = update(state, { type: 'key', key, now: state.now + gapMs, wall: state.wall + gapMs });
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

export function send(start: ConsoleState, ...messages: readonly Message[]): Played {
  let state = start;
  const effects: Effect[] = [];
  for (const message of messages) {
    const step = update(state, message);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

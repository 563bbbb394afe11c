import { describe, expect, it } from 'vitest';
import type { ActiveFault } from '../../src/cluster/driver.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { consoleState, type Played, press, send } from '../support/console-state.ts';
import { FAKE_NOW, fakeFault, fakePicture } from '../support/fake-picture.ts';

/** The view Links, with the cursor on n1 to n2. */
function links(...commands: readonly string[]): ConsoleState {
  const faults = commands.map((command, i): ActiveFault => fakeFault(i + 1, command));
  return press(consoleState(undefined, { ...fakePicture(5), faults }), ['3']).state;
}

/** What was sent, once no further key came. */
function settled({ state, effects }: Played): Played {
  const awaited = effects.filter((effect) => effect.type === 'await-link-edit').at(-1);
  const due = send(state, { type: 'link-edit-due', id: awaited?.id ?? 0 });
  return { state: due.state, effects: [...effects, ...due.effects] };
}

const sent = ({ effects }: Played): string[] => effects.flatMap((effect) => (effect.type === 'act' ? [effect.line] : []));

describe('the link under the cursor', () => {
  it('gets 10 ms slower with each +, as one change', () => {
    const played = settled(press(links(), ['+', '+', '+']));
    expect(sent(played)).toEqual(['link n1 n2 --delay 30ms --instead']);
    expect(played.effects.find(({ type }) => type === 'act')).toMatchObject({
      action: { type: 'link', from: 'n1', to: 'n2', delayMs: [30, 30], drop: 0, instead: true, forMs: null },
      where: 'key',
    });
  });

  it.each([
    ['link n1 n2 --delay 20ms', ['-'], ['link n1 n2 --delay 10ms --instead']],
    ['link n1 n2 --delay 80ms..120ms', ['+'], ['link n1 n2 --delay 130ms..170ms --instead']],
    ['link n1 n2 --delay 100ms', ['-'], ['link n1 n2 --delay 90ms --instead']],
    ['link n1 n2 --delay 10ms', ['-'], ['heal 1']],
    ['link n1 n2 --delay 10ms', ['+', '-'], []],
    ['link n1 n2 --delay 10ms', ['%', '%'], ['link n1 n2 --delay 10ms --drop 20% --instead']],
    ['link n1 n2 --drop 0.9', ['%'], ['heal 1']],
    ['link n1 n2 --drop 0.5 --duplicate 0.1', ['0'], ['heal 1']],
    ['link n2 n1 --delay 10ms --both', ['+'], ['link n2 n1 --delay 20ms --both --instead']],
    ['link n1 n3 --delay 10ms', ['+'], ['link n1 n2 --delay 10ms --instead']],
  ])('%s and %j send %j', (command, pressed, lines) => {
    expect(sent(settled(press(links(command), pressed)))).toEqual(lines);
  });

  it('is finished by the next other key, and dropped by Esc and undo', () => {
    const moved = press(links(), ['+', 'l', '+']);
    expect(sent(moved)).toEqual(['link n1 n2 --delay 10ms --instead']);
    expect(sent(settled(moved))).toEqual(['link n1 n2 --delay 10ms --instead', 'link n1 n3 --delay 10ms --instead']);
    for (const key of ['escape', 'u']) {
      const dropped = press(links(), ['+', key]);
      expect(dropped.state.flash?.text).toBe('The link stays as it was.');
      expect(dropped.state.view).toBe('links');
      expect(sent(settled(dropped))).toEqual([]);
    }
  });

  it('goes on from what was sent, until that is seen or another fault stands there', () => {
    const first = settled(press(links(), ['+']));
    const again = settled(press(first.state, ['+']));
    expect(sent(again)).toEqual(['link n1 n2 --delay 20ms --instead']);
    const fault = fakeFault(7, 'link n1 n2 --delay 50ms');
    const data = { type: 'data', ownsNodes: true, events: [], dropped: 0, now: 2_000, wall: FAKE_NOW } as const;
    const seen = send(first.state, { ...data, picture: { ...fakePicture(5), faults: [fault] } }).state;
    expect(sent(settled(press(seen, ['+'])))).toEqual(['link n1 n2 --delay 60ms --instead']);
  });

  it('keeps the time that a fault has left', () => {
    const start = links('link n1 n2 --delay 10ms');
    const faults = start.picture.faults.map((fault) => ({ ...fault, until: start.wall + 12_400 }));
    const timed = { ...start, picture: { ...start.picture, faults } };
    expect(sent(settled(press(timed, ['+'])))).toEqual(['link n1 n2 --delay 20ms --instead --for 12s']);
  });

  it('keeps an open command line open when the edit is complete', () => {
    const { state, effects } = press(links(), ['+']);
    const overlay = press(links(), [':']).state.overlay;
    const due = settled({ state: { ...state, overlay }, effects });
    expect(due.state.overlay).toBe(overlay);
    expect(sent(due)).toHaveLength(1);
  });

  it('writes the values that hold into the command line', () => {
    const line = (state: ConsoleState): string => (state.overlay?.type === 'command' ? state.overlay.prompt.line.text : '');
    expect(line(press(links(), ['=']).state)).toBe('link n1 n2 --delay 80ms..120ms');
    expect(line(press(links('link n1 n2 --delay 5ms --drop 0.25'), ['=']).state)).toBe(
      'link n1 n2 --delay 5ms --drop 25% --instead',
    );
  });

  it('does nothing on the diagonal and where one only looks', () => {
    const onItself = press(links(), ['h', '+']);
    expect(onItself.state.flash?.text).toContain('no link to itself');
    expect(onItself.effects).toEqual([]);
    const looking = press({ ...links(), writable: false }, ['+', '%', '0']);
    expect(looking.effects).toEqual([]);
    expect(looking.state.linkEdit).toBeNull();
  });
});

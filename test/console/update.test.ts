import { describe, expect, it } from 'vitest';
import { clusterTime, nodeId } from '../../src/base/brand.ts';
import type { CommandResult } from '../../src/commands/command.ts';
import { THEMES } from '../../src/commands/command.ts';
import { consequenceOf } from '../../src/commands/consequence.ts';
import { menuItems } from '../../src/console/fault-menu.ts';
import { helpEntries } from '../../src/console/help-entries.ts';
import type { Effect } from '../../src/console/messages.ts';
import { span } from '../../src/console/rows.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { paint, themeFor } from '../../src/console/theme.ts';
import { namingWhom } from '../../src/console/unnamed.ts';
import { consoleState, press, send } from '../support/console-state.ts';
import { FAKE_NOW, fakeEvent, fakePicture, withNode } from '../support/fake-picture.ts';
import { scenePicture } from '../support/fake-scene.ts';

const healthy = (): ConsoleState => consoleState({ columns: 80, rows: 24 }, fakePicture(5));
const types = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type);
const done = (lines: readonly string[], exit: CommandResult['exit'] = 0): CommandResult => ({ lines, json: null, exit });

describe('moving', () => {
  it('goes between the views by number, by Tab and back', () => {
    expect(press(healthy(), ['4']).state.view).toBe('keys');
    expect(press(healthy(), ['tab']).state.view).toBe('log');
    expect(press(healthy(), ['shift-tab']).state.view).toBe('checks');
    expect(press(healthy(), ['5', '2', '-']).state.view).toBe('events');
  });

  it('moves the cursor over the nodes and stops at the ends', () => {
    expect(press(healthy(), ['j', 'j']).state.nodeCursor).toBe('n3');
    expect(press(healthy(), ['k']).state.nodeCursor).toBe('n1');
    expect(press(healthy(), ['j', 'j', 'j', 'j', 'j', 'j']).state.nodeCursor).toBe('n5');
  });

  it('keeps the cursor on its node when the picture changes, and finds another when the node is gone', () => {
    const at = press(healthy(), ['j', 'j']).state;
    const data = { type: 'data', ownsNodes: true, events: [], dropped: 0, now: 1, wall: FAKE_NOW } as const;
    expect(send(at, { ...data, picture: scenePicture() }).state.nodeCursor).toBe('n3');
    expect(send(at, { ...data, picture: fakePicture(2) }).state.nodeCursor).toBe('n1');
  });

  it('walks through the log, stands still, and follows again at the end', () => {
    const start = press(consoleState(), ['2']).state;
    expect(start.log.index).toBeNull();
    expect(press(start, ['h', 'h']).state.log.index).toBe(1284);
    expect(press(start, ['h', 'l']).state.log.index).toBeNull();
    expect(press(start, ['g']).state.log.index).toBe(1);
    expect(press(start, ['{']).state.log.index).toBe(1279);
    expect(press(start, ['{', '{']).state.log.index).toBe(1267);
    expect(press(start, ['g', 'G']).state.log.index).toBeNull();
  });

  it('Esc clears the marks, then goes home', () => {
    const { state } = press(healthy(), ['2', 'space', 'escape']);
    expect(state.marked).toEqual([]);
    expect(state.view).toBe('log');
    expect(press(state, ['escape']).state.view).toBe('overview');
  });
});

describe('answers of commands', () => {
  const answer = (result: Omit<CommandResult, 'json'>): ConsoleState =>
    send(healthy(), { type: 'finished', id: 99, line: 'x', result: { json: null, ...result }, where: 'command', change: null })
      .state;
  const long = `(error) ${'very '.repeat(20)}long`;

  it('flash when they fit on the line, and open over the view when they do not', () => {
    expect(answer({ lines: ['(error) no'], exit: 4, prose: true }).overlay).toBeNull();
    expect(answer({ lines: [long], exit: 4, prose: true }).overlay).toMatchObject({ lines: [long], prose: true });
  });

  it('do not come between the keys of one who goes on', () => {
    const done = { lines: [`paused n2 ${'and more '.repeat(20)}`], json: null, exit: 0 } as const;
    const state = send(healthy(), { type: 'finished', id: 99, line: 'x', result: done, where: 'key', change: null }).state;
    expect(state.overlay).toBeNull();
    expect(state.flash?.text).toContain('paused n2');
  });

  it('stay in the shell, also of what was asked for first', () => {
    const picture = fakePicture(5);
    const action = { type: 'kill', nodes: [nodeId('n2'), nodeId('n3')], forMs: null } as const;
    const consequence = consequenceOf(picture, action);
    const asked = send(consoleState(undefined, picture), {
      type: 'ask',
      id: 1,
      line: 'kill n2,n3',
      action,
      consequence,
      where: 'shell',
    }).state;
    expect(press(asked, ['y']).effects).toEqual([expect.objectContaining({ type: 'act', where: 'shell' })]);
  });

  it('flash while the command goes on, and stand in the shell', () => {
    const running = press(healthy(), [':', 'watch a', 'enter']);
    const [run] = running.effects.filter(({ type }) => type === 'run-line');
    const id = run !== undefined && 'id' in run ? Number(run.id) : -1;
    const told = send(running.state, { type: 'told', id, lines: ['rev 7  put a 1', 'rev 8  put a 2'] }).state;
    expect(told.flash?.text).toBe('rev 8  put a 2');
    expect(told.transcript.at(-1)?.soFar).toEqual(['rev 7  put a 1', 'rev 8  put a 2']);
    expect(send({ ...running.state, view: 'shell', flash: null }, { type: 'told', id, lines: ['rev 7'] }).state.flash).toBeNull();
  });

  it('give way to another view, the command line and the help', () => {
    const open = answer({ lines: [long], exit: 4 });
    expect(press(open, ['3']).state).toMatchObject({ overlay: null, view: 'links' });
    expect(press(open, [':']).state.overlay?.type).toBe('command');
    expect(press(open, ['?']).state.overlay?.type).toBe('help');
    expect(press(open, ['j']).state.overlay?.type).toBe('output');
  });

  it('keep the remark under a longer answer', () => {
    const list = answer({ lines: ['a', 'b', 'c'], exit: 0, trailer: '3 of 9  6 more' }).overlay;
    expect(list).toMatchObject({ lines: ['a', 'b', 'c', '', '(3 of 9  6 more)'] });
  });
});

describe('faults from keys', () => {
  it('does at once what loses nothing', () => {
    const { state, effects } = press(healthy(), ['j', 'f', 'k']);
    expect(effects).toEqual([
      expect.objectContaining({ type: 'act', line: 'kill n2', action: { type: 'kill', nodes: ['n2'], forMs: null } }),
    ]);
    expect(state.overlay).toBeNull();
  });

  it('acts on the marked nodes rather than on the cursor', () => {
    const marked = press(healthy(), ['j', 'space', 'j', 'space']).state;
    expect(marked.marked).toEqual(['n2', 'n3']);
    expect(menuItems(marked)[0]?.line).toBe('kill n2,n3');
  });

  it('names whom a word stands for when it asks', () => {
    const action = { type: 'kill', nodes: [nodeId('n2')], forMs: null } as const;
    const consequence = { level: 1, text: 'writes stop' } as const;
    const asked = (line: string): unknown =>
      send(consoleState(), { type: 'ask', id: 1, line, action, consequence, where: 'shell' }).state.overlay;
    expect(asked('kill leader')).toMatchObject({ question: 'kill leader (n2)' });
    expect(asked('kill')).toMatchObject({ question: 'kill (n2)' });
    expect(asked('kill n2')).toMatchObject({ question: 'kill n2' });
    expect(namingWhom('kill minority', action, 'writes go on')).toBe('n2: writes go on');
    expect(namingWhom('kill leader', action, 'n2 leads: writes stop')).toBe('n2 leads: writes stop');
  });

  it('asks before writes would stop, with no as the default', () => {
    const asked = press(consoleState(), ['j', 'f', 'k']);
    expect(asked.effects).toEqual([]);
    expect(asked.state.overlay).toMatchObject({
      type: 'confirm',
      question: 'kill n2',
      detail: '2 of 5 left, no quorum: writes stop',
    });
    for (const no of ['n', 'enter', 'escape']) {
      const { state, effects } = press(asked.state, [no]);
      expect(effects).toEqual([]);
      expect(state.overlay).toBeNull();
      expect(state.flash?.text).toBe('Not done: kill n2');
    }
    expect(types(press(asked.state, ['y']).effects)).toEqual(['act']);
  });

  it('does not take a key that is still held down for a yes', () => {
    const asked = press(consoleState(), ['j', 'f', 'k']).state;
    expect(press(asked, ['y'], 20).effects).toEqual([]);
    expect(types(press(press(asked, ['y'], 20).state, ['y'], 200).effects)).toEqual(['act']);
  });

  it('asks again when the cluster got worse between question and answer', () => {
    const picture = fakePicture(5);
    const action = { type: 'kill', nodes: [nodeId('n2'), nodeId('n3')], forMs: null } as const;
    const asked = send(consoleState(undefined, picture), {
      type: 'ask',
      id: 1,
      line: 'kill n2,n3',
      action,
      consequence: consequenceOf(picture, action),
      where: 'command',
    }).state;
    const worse = withNode(picture, 'n4', { state: 'down' });
    const changed = send(asked, {
      type: 'data',
      picture: worse,
      ownsNodes: true,
      events: [],
      dropped: 0,
      now: 500,
      wall: FAKE_NOW,
    }).state;
    const { state, effects } = press(changed, ['y']);
    expect(effects).toEqual([]);
    expect(state.overlay).toMatchObject({ type: 'confirm', detail: '2 of 5 left, no quorum: writes stop' });
  });

  it('has the name of the cluster typed before all nodes stop', () => {
    const action = { type: 'stop' } as const;
    const consequence = consequenceOf(fakePicture(5), action);
    expect(consequence.level).toBe(2);
    const asked = send(healthy(), { type: 'ask', id: 1, line: 'stop', action, consequence, where: 'command' }).state;
    expect(asked.overlay).toMatchObject({ type: 'confirm', expected: 'demo' });
    expect(press(asked, ['y', 'enter']).effects).toEqual([]);
    expect(press(asked, ['d', 'e', 'm', 'enter']).state.overlay).toBeNull();
    expect(types(press(asked, ['d', 'e', 'm', 'o', 'enter']).effects)).toEqual(['act']);
  });

  it('opens the command line for faults that have numbers', () => {
    const { state } = press(healthy(), ['j', 'f', 'l']);
    expect(state.overlay).toMatchObject({ type: 'command', prompt: { line: { text: 'link n2 n1 --delay 80ms..120ms --both' } } });
  });

  it('undoes and heals, and says so when there is nothing to heal', () => {
    expect(press(consoleState(), ['u']).effects).toEqual([expect.objectContaining({ type: 'act', line: 'undo' })]);
    expect(press(consoleState(), ['H']).effects).toEqual([
      expect.objectContaining({ line: 'heal', action: { type: 'heal', fault: null } }),
    ]);
    expect(press(healthy(), ['u']).state.flash?.text).toBe('No fault is active.');
  });

  it('cuts the link under the cursor in one direction and heals it with the same key', () => {
    expect(press(healthy(), ['3', 'space']).effects).toEqual([expect.objectContaining({ type: 'act', line: 'cut n1 n2' })]);
    const impaired = press(consoleState(), ['3', 'j', 'j', 'space']);
    expect(impaired.effects).toEqual([expect.objectContaining({ line: 'heal 2' })]);
  });

  it('offers nothing that the cluster cannot do', () => {
    const { state } = press({ ...healthy(), capabilities: new Set() }, ['j']);
    expect(menuItems(state).map(({ line }) => line)).toEqual(['elect n2']);
    expect(press(state, ['d']).effects).toEqual([]);
  });
});

describe('commands', () => {
  it('runs a typed line once and remembers it', () => {
    const { effects } = press(healthy(), [':', 'put', 'space', 'a', 'space', '1', 'enter']);
    expect(effects.filter(({ type }) => type !== 'preview')).toEqual([
      { type: 'remember', line: 'put a 1' },
      expect.objectContaining({ type: 'run-line', line: 'put a 1', where: 'command' }),
    ]);
  });

  it('types digits and letters in the shell instead of obeying them', () => {
    const { state, effects } = press(healthy(), ['8', 'q', '1', 'f']);
    expect(state.view).toBe('shell');
    expect(state.prompt.line.text).toBe('q1f');
    expect(types(effects)).not.toContain('quit');
  });

  it('never runs what was pasted', () => {
    const paste = { type: 'key', key: { type: 'paste', text: 'kill n1\nkill n2\n' }, now: 1, wall: FAKE_NOW } as const;
    const { state, effects } = send(press(healthy(), ['8']).state, paste);
    expect(types(effects)).toEqual(['preview']);
    expect(state.prompt.line.text).toBe('kill n1 kill n2');
    expect(send(healthy(), paste).effects).toEqual([]);
  });

  it('keeps the newest of what a command that goes on has told', () => {
    const running = press(healthy(), [':', 'get', 'space', 'a', 'enter']).state;
    const id = running.transcript.at(-1)?.id ?? 0;
    const lines = Array.from({ length: 700 }, (_, i) => `line ${i}`);
    const told = send(send(running, { type: 'told', id, lines: lines.slice(0, 300) }).state, {
      type: 'told',
      id,
      lines: lines.slice(300),
    }).state;
    expect(told.transcript.at(-1)).toMatchObject({ result: null, soFar: lines.slice(-500) });
    expect(told.transcript.slice(0, -1)).toEqual(running.transcript.slice(0, -1));
  });

  it('shows one line as a flash and more of them over the view', () => {
    const running = press(healthy(), [':', 'get', 'space', 'a', 'enter']);
    const id = running.state.transcript.at(-1)?.id ?? 0;
    const short = send(running.state, {
      type: 'finished',
      id,
      line: 'get a',
      result: done(['"1"']),
      where: 'command',
      change: null,
    }).state;
    expect(short.flash?.text).toBe('"1"');
    const long = send(running.state, {
      type: 'finished',
      id,
      line: 'range',
      result: done(['a', 'b', 'c']),
      where: 'command',
      change: null,
    }).state;
    expect(long.overlay).toMatchObject({ type: 'output', lines: ['a', 'b', 'c'] });
    expect(long.transcript.at(-1)?.result?.lines).toEqual(['a', 'b', 'c']);
  });

  it('keeps an error on screen until a key is pressed', () => {
    const { state } = send(healthy(), { type: 'flash', text: 'broken', severity: 'error' });
    const later = send(state, { type: 'clock', now: 1e9, wall: FAKE_NOW }).state;
    expect(later.flash?.text).toBe('broken');
    expect(press(later, ['j']).state.flash).toBeNull();
    const info = send(healthy(), { type: 'flash', text: 'fine', severity: 'info' }).state;
    expect(send(info, { type: 'clock', now: 4_001, wall: FAKE_NOW }).state.flash).toBeNull();
  });

  it('puts a completion into the line, unless the line has changed meanwhile', () => {
    const typed = press(healthy(), [':', 'ki']).state;
    const completion = { from: 0, to: 2, candidates: [{ text: 'kill', summary: '' }] };
    const put = send(typed, { type: 'completed', line: 'ki', completion }).state;
    expect(put.overlay).toMatchObject({ type: 'command', prompt: { line: { text: 'kill ', cursor: 5 } } });
    const late = send(press(typed, ['x']).state, { type: 'completed', line: 'ki', completion }).state;
    expect(late.overlay).toMatchObject({ prompt: { line: { text: 'kix' } } });
  });
});

describe('the palette', () => {
  it('finds commands and keys by a few of their letters, the best match first', () => {
    const found = (letters: string): string | undefined => helpEntries(healthy(), letters, true)[0]?.left;
    expect(found('transf')).toBe(':transfer NODE');
    expect(found('prt')).toBe(':partition GROUPS...');
    expect(found('why')).toBe(':why [ABOUT]');
    expect(helpEntries(healthy(), 'zzzz', true)).toEqual([]);
  });

  it('takes letters at once, runs on Enter and closes on Esc', () => {
    const open = press(healthy(), ['ctrl-p', 's', 't', 'a', 't', 'u']).state;
    expect(open.overlay).toMatchObject({ type: 'help', palette: true, filter: 'statu' });
    expect(press(open, ['enter']).state.overlay).toMatchObject({ type: 'command', prompt: { line: { text: 'status' } } });
    expect(press(open, ['escape']).state.overlay).toBeNull();
  });
});

describe('themes', () => {
  it('follow each other at a key, and begin anew after the last', () => {
    const { state } = press(healthy(), ['T']);
    expect(state.theme).toBe('light');
    expect(press(state, ['T', 'T', 'T', 'T']).state.theme).toBe('dark');
  });

  it('have a colour for everything, and no other sequence than those of SGR', () => {
    for (const theme of THEMES) {
      for (const [style, sgr] of Object.entries(themeFor(theme, false).styles)) expect(`${style} ${sgr}`).toMatch(/^\w+ [\d;]*$/);
      const selected = paint([{ ...span('x'), selected: true }], themeFor(theme, false));
      expect(selected, theme).not.toBe('x');
      expect(paint([span('x', 'bad')], themeFor(theme, true))).toBe('\x1b[1mx\x1b[0m');
    }
  });

  it('use only the colours of every terminal in 16, and none in mono', () => {
    const used = (theme: 'mono' | '16'): string => Object.values(themeFor(theme, false).styles).join(';');
    expect(used('16')).not.toMatch(/38;|48;/);
    expect(used('mono')).not.toMatch(/3\d|4\d|9\d/);
  });
});

describe('leaving', () => {
  it('quits on the second Ctrl-C, and only when it comes soon', () => {
    const once = press(healthy(), ['ctrl-c']);
    expect(once.effects).toEqual([]);
    expect(once.state.flash?.text).toContain('Ctrl-C again quits and stops 5 nodes');
    expect(press(once.state, ['ctrl-c']).effects).toEqual([{ type: 'quit', detach: false }]);
    expect(press(once.state, ['ctrl-c'], 2_000).effects).toEqual([]);
  });

  it('Ctrl-C clears a written line before anything else', () => {
    const written = press(healthy(), ['8', 'abc']).state;
    const cleared = press(written, ['ctrl-c']).state;
    expect(cleared.prompt.line.text).toBe('');
    expect(cleared.quitArmedUntil).toBeNull();
  });

  it('Ctrl-C stops waiting for a running command', () => {
    const running = press(healthy(), [':', 'get', 'space', 'a', 'enter']).state;
    expect(types(press(running, ['ctrl-c']).effects)).toEqual(['cancel']);
  });

  it('asks before q stops the nodes, and not where they stay', () => {
    expect(press(healthy(), ['q']).state.overlay).toMatchObject({ type: 'confirm', question: 'quit' });
    expect(press(healthy(), ['q', 'y']).effects).toEqual([{ type: 'quit', detach: false }]);
    expect(press({ ...healthy(), ownsNodes: false }, ['q']).effects).toEqual([{ type: 'quit', detach: false }]);
  });

  it('d leaves the nodes running', () => {
    expect(press(healthy(), ['d']).effects).toEqual([{ type: 'quit', detach: true }]);
  });
});

describe('events', () => {
  const told = (state: ConsoleState, from: number, count: number): ConsoleState => {
    const events = Array.from({ length: count }, (_, i) =>
      fakeEvent(from + i, `event ${from + i}`, { time: clusterTime(FAKE_NOW) }),
    );
    return send(state, { type: 'data', picture: state.picture, ownsNodes: true, events, dropped: 0, now: 1, wall: FAKE_NOW })
      .state;
  };

  it('stays on its event while new ones come in', () => {
    const at = press(told(press(healthy(), ['5']).state, 1, 10), ['k', 'k']).state;
    expect(at.events.cursor).toBe(2);
    expect(told(at, 11, 5).events.cursor).toBe(7);
    expect(press(at, ['G']).state.events.cursor).toBeNull();
  });

  it('keeps a bounded number of them', () => {
    expect(told(told(healthy(), 1, 5_000), 5_001, 100).events.items).toHaveLength(4_096);
  });

  const finished = (state: ConsoleState, line: string, result: CommandResult): ConsoleState =>
    send(state, { type: 'finished', id: 99, line, result, where: 'key', change: line }).state;

  it('keeps what a key did as the command that does it, and a fault only once', () => {
    const ledger = fakeEvent(5, 'link n1 n2 --drop 1', { node: null, kind: 'fault', severity: 'warn', fault: 3 });
    const cut = { lines: ['changed the link'], json: { done: '', fault: 3 }, exit: 0 } as const;
    const data = { type: 'data', ownsNodes: true, dropped: 0, now: 1, wall: FAKE_NOW, picture: fakePicture(5) } as const;
    const before = send(finished(healthy(), 'cut n1 n2', cut), { ...data, events: [ledger] }).state;
    const after = finished(send(healthy(), { ...data, events: [ledger] }).state, 'cut n1 n2', cut);
    for (const { events } of [before, after])
      expect(events.items.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['command cut n1 n2']);
    const restarted = finished(before, 'restart n2', done(['restarted n2']));
    expect(restarted.events.items.map(({ text }) => text)).toEqual(['cut n1 n2', 'restart n2']);
    expect(new Set(restarted.events.items.map(({ seq }) => seq)).size).toBe(2);
  });

  it('says what a command met when it failed', () => {
    const failed = finished(healthy(), 'transfer n2', done(['(error) n2 does not run'], 1));
    expect(failed.events.items[0]).toMatchObject({ severity: 'error', text: 'transfer n2: (error) n2 does not run' });
  });

  it('asks why about the node, the entry or the event under the cursor', () => {
    const lineOf = (names: readonly string[], state = healthy()): unknown =>
      press(state, names).effects.find(({ type }) => type === 'run-line');
    expect(lineOf(['j', 'w'])).toMatchObject({ line: 'why n2', where: 'key' });
    expect(lineOf(['2', 'h', 'w'], consoleState())).toMatchObject({ line: 'why 1285' });
    expect(press(told(healthy(), 1, 3), ['5', 'w']).state.overlay).toEqual({ type: 'event', seq: 3 });
    expect(types(press(healthy(), ['w']).effects)).not.toContain('remember');
  });

  it('filters while one types, and Esc brings everything back', () => {
    const typed = press(told(press(healthy(), ['5']).state, 1, 20), ['/', 'event', 'space', '1', '2']).state;
    expect(typed.events.filter).toBe('event 12');
    expect(press(typed, ['enter']).state.overlay).toBeNull();
    expect(press(typed, ['escape']).state.events.filter).toBe('');
    expect(press(typed, ['enter', 'escape']).state.events.filter).toBe('');
  });
});

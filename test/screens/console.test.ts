/** The console on a real terminal and a real cluster: what a person would try in the first five minutes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listClusters } from '../../src/cluster/native/lifecycle.ts';
import { freshHome, until } from '../process/in-home.ts';
import { answer, PtyScreen } from '../support/pty-screen.ts';

const home = freshHome();
const has =
  (...parts: readonly string[]) =>
  (text: string): boolean =>
    parts.every((part) => text.includes(part));

/** A screen that is closed before the home is cleared. */
function open(args: readonly string[], columns = 80, rows = 24): PtyScreen {
  const screen = new PtyScreen(args, home.path, columns, rows);
  home.atEnd(() => screen.close());
  return screen;
}

const leaderOn = (text: string): string | null => /● (n\d) leads/.exec(text)?.[1] ?? null;
const running = async (): Promise<number> =>
  ((await listClusters(home.path))[0]?.nodes ?? []).filter(({ state }) => state === 'up').length;

describe('the console on a cluster of its own', () => {
  it('puts a key, kills the leader, elects another, heals, and finds the key', async () => {
    const screen = open(['start', '3']);
    const first = leaderOn(await screen.until((text) => has('NODES 3/3', 'All hear')(text) && leaderOn(text) !== null));
    await screen.press('8', has('SHELL'));
    await screen.press('put fruit "wild apple"\r', has('OK', 'rev 1'));
    await screen.press('\x1b', has('NODES 3/3'));
    // The cursor starts on n1; the leader is as many rows below.
    const steps = Number(first?.slice(1)) - 1;
    await screen.press('j'.repeat(steps), (text) => new RegExp(`▸ ${first} `).test(text));
    await screen.press('f', has(`FAULT ON ${first}`, 'election within'));
    await screen.press(
      'k',
      (text) => has('NODES 2/3', `kill ${first}`, '7 Faults 1')(text) && ![null, first].includes(leaderOn(text)),
    );
    await screen.press('8', has('SHELL'));
    await screen.press('get fruit\r', has('"wild apple"'));
    await screen.press('\x1b', has('NODES 2/3'));
    await screen.press('u', has('NODES 3/3', 'FAULTS'));
    await screen.until((text) => !text.includes('7 Faults 1') && text.includes('All hear'));
    await screen.press('q', has('y/N'));
    const code = await answer(screen, 'y', screen.exited);
    expect(code).toBe(0);
    expect(screen.alternate).toBe(false);
    expect(screen.bracketedPaste).toBe(false);
    expect(await running()).toBe(0);
  });

  it('explains an election, goes back before it, and replays what it saw', async () => {
    const screen = open(['start', '3'], 120, 40);
    const first = leaderOn(await screen.until((text) => has('NODES 3/3', 'All hear')(text) && leaderOn(text) !== null));
    await screen.press(
      ':kill leader\r',
      (text) => has('NODES 2/3', '> kill leader')(text) && ![null, first].includes(leaderOn(text)),
    );
    const next = leaderOn(screen.text);
    await screen.press(
      ':why leader\r',
      has(`${next} leads term`, `${first} led term`, 'stood for election', 'voted for it', `${first} killed`),
    );
    await screen.press('\x1b', (text) => !text.includes('voted for it'));
    await screen.press('<', has('PAST', `${next} leads`));
    // The first election was over before this console looked; the time before the fault was not.
    await screen.press('[[[[[', has('PAST', `${first} leads`, 'NODES 3/3'));
    await screen.press('R', has('This is the past'));
    await screen.press('\x1b', has('LIVE', `${next} leads`));
    await screen.press(':record save story.ndjson\r', has('saved story.ndjson'));
    screen.keys('q');
    await answer(screen, 'y', screen.exited);
    const replay = open(['replay', 'story.ndjson'], 80, 24);
    await replay.until(has('REPLAY', `${next} leads`, 'NODES 2/3'));
    await replay.press('<', has(`${next} leads`));
    await replay.press('[[[[[', has('NODES 3/3', `${first} leads`));
    replay.keys('q');
    expect(await replay.exited).toBe(0);
  });

  it('asks a write of unknown outcome again, and it is applied once', async () => {
    const screen = open(['start', '3']);
    const first = leaderOn(await screen.until((text) => has('NODES 3/3', 'All hear')(text) && leaderOn(text) !== null));
    const others = ['n1', 'n2', 'n3'].filter((id) => id !== first).join(',');
    await screen.press('8', has('SHELL'));
    await screen.press('put fruit fig\r', has('OK', 'rev 1'));
    await screen.press(`pause ${others}\r`, has('writes stop', 'y/N'));
    await answer(screen, 'y', screen.until(has('paused n')));
    // Ctrl-U: the answer may have been given once more, to the prompt.
    await screen.press('\x15put fruit pear --deadline 1500ms\r', has('(unknown)', 'retry asks again'));
    await screen.press('heal\r', has('healed pause'));
    await screen.press('retry\r', has('put "fruit" is done, once'));
    await screen.press('clear\r', (text) => !text.includes('healed'));
    await screen.press('history fruit\r', (text) => has('v1 "fig"', 'v2 "pear"')(text) && !text.includes('v3'));
  });

  it('asks before writes would stop, and Enter means no', async () => {
    const screen = open(['start', '3']);
    await screen.until(has('NODES 3/3', 'All hear'));
    await screen.press('a', has('3 marked'));
    await screen.press('f', has('FAULT ON n1 n2 n3'));
    await screen.press('k', has('kill n1,n2,n3', 'writes stop', 'y/N'));
    await answer(screen, '\r', screen.until(has('Not done: kill n1,n2,n3')));
    expect(await running()).toBe(3);
  });

  it('leaves the nodes running on d, and attach finds them', async () => {
    const first = open(['start', '1']);
    await first.until(has('NODES 1/1', '● n1 leads'));
    first.keys('d');
    expect(await first.exited).toBe(0);
    expect(await running()).toBe(1);
    const second = open(['attach']);
    await second.until(has('NODES 1/1', '● n1 leads'));
    second.keys('q');
    expect(await second.exited).toBe(0);
    expect(await running()).toBe(1);
  });
});

describe('the console on a running cluster', () => {
  it('follows the size of the terminal', async () => {
    await home.start({ count: 3 });
    const screen = open(['attach']);
    await screen.until(has('NODES 3/3', '● n'));
    for (const [columns, rows] of [
      [120, 40],
      [200, 60],
      [60, 18],
      [30, 8],
      [80, 24],
    ] as const) {
      screen.resize(columns, rows);
      await screen.until((text) =>
        columns < 40 ? text.includes('needed, have 30x8') : has('NODES 3/3', ': command', 'q quit')(text),
      );
      // A frame arrives in pieces: the whole of the new size must come, none of it wider than the terminal.
      await until(() => {
        const lines = screen.lines();
        const isWithin = lines.every((line) => line.length <= columns);
        const isFooted = (lines[columns < 40 ? 0 : rows - 1] ?? '').trim() !== '';
        const isHeaded = columns < 40 || (lines[0] ?? '').includes('default');
        return isWithin && isFooted && isHeaded ? true : null;
      });
    }
  });

  it('cuts and heals one link with a key', async () => {
    await home.start({ count: 3 });
    const screen = open(['attach'], 120, 40);
    await screen.until(has('NODES 3/3', '● n'));
    // An attached console only looks until it is told otherwise.
    await screen.press('3', has('FROM'));
    await screen.press(' ', has('This console only looks'));
    await screen.press('W', has('may change things now'));
    await screen.press(' ', has('cut╳', 'n1 → n2 is cut', '7 Faults 1'));
    await screen.press(' ', (text) => !text.includes('cut╳') || !text.includes('7 Faults 1'));
    await screen.until(has('n1 → n2 works'));
  });

  it('completes a command and a live key', async () => {
    await home.start({ count: 1 });
    const client = await home.client();
    await client.put('vegetable:carrot', 'orange');
    const screen = open(['attach']);
    await screen.until(has('NODES 1/1', '● n1 leads'));
    await screen.press(':', has(':default n1>'));
    await screen.press('ge\t', has('n1> get', 'KEY'));
    await screen.press('veg\t', has('vegetable:carrot'));
    await screen.press('\r', has('"orange"'));
    const history = await until(() => readFile(join(home.path, 'raftkv-tui/history'), 'utf8').catch(() => null));
    expect(history).toContain('get vegetable:carrot');
  });

  it('gives the terminal back on SIGTERM and on two Ctrl-C', async () => {
    await home.start({ count: 1 });
    const killed = open(['attach']);
    await killed.until(has('NODES 1/1'));
    process.kill(killed.pid, 'SIGTERM');
    expect(await killed.exited).toBe(143);
    expect(killed.alternate).toBe(false);
    const interrupted = open(['attach']);
    await interrupted.until(has('NODES 1/1'));
    await interrupted.press('\x03', has('Ctrl-C again quits'));
    interrupted.keys('\x03');
    expect(await interrupted.exited).toBe(0);
    expect(interrupted.alternate).toBe(false);
  });
});

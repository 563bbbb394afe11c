/** Lessons on real nodes: as text from the command line, and in the console. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listClusters, stopCluster } from '../../src/cluster/native/lifecycle.ts';
import { LESSONS } from '../../src/lesson/lessons.ts';
import { openFreshCluster } from '../../src/scenario/live-cluster.ts';
import { choosing, learn } from '../support/learner.ts';
import { PtyScreen } from '../support/pty-screen.ts';

const BIN = resolve(import.meta.dirname, '../../bin/raftkv-tui.js');
const run = promisify(execFile);

let home = '';
let screen: PtyScreen | null = null;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'raftkv-learn-'));
});
afterEach(async () => {
  await screen?.close();
  screen = null;
  // A console that was ended leaves its nodes to its guard, which needs their folder.
  for (const { name, problem } of await listClusters(home)) if (problem === null) await stopCluster({ home, name });
  rmSync(home, { recursive: true, force: true });
});

function env(): NodeJS.ProcessEnv {
  return { ...process.env, RAFTKV_HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, LC_ALL: 'C.UTF-8' };
}

describe('a lesson on real nodes', () => {
  it.each(['split-vote', 'minority-write'])('%s goes through, and every prediction meets an outcome', async (name) => {
    const lesson = LESSONS.find((each) => each.name === name);
    if (lesson === undefined) throw new Error(`there is no lesson ${name}`);
    const world = await openFreshCluster({ nodes: lesson.nodes, snapshotEntries: null }, new AbortController().signal);
    try {
      const { pages } = await learn(lesson, world, { react: choosing(1), repeats: 2 });
      const outcomes = pages.filter(({ kind }) => kind === 'outcome');
      expect(outcomes.length).toBeGreaterThan(1);
      expect(outcomes.map(({ verdict }) => verdict)).not.toContain('none');
      expect(pages.at(-1)?.kind).toBe('end');
    } finally {
      await world.close();
    }
  });

  it('is one JSON document, answered from a list, and is done then', async () => {
    const { stdout } = await run(
      process.execPath,
      [BIN, 'learn', 'stale-read', '--json', '--answers', 'c,a,300', '--lang', 'zh'],
      {
        env: env(),
      },
    );
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ lesson: 'stale-read', language: 'zh', done: true });
    const outcomes = told.pages.filter(({ kind }: { kind: string }) => kind === 'outcome');
    expect(outcomes).toHaveLength(3);
    expect(outcomes[0]).toMatchObject({ verdict: 'right', predicted: '没有答案：n1 无法回答' });
    expect(outcomes[1]).toMatchObject({ verdict: 'right', predicted: 'old' });
    const listed = await run(process.execPath, [BIN, 'learn', 'ls', '--json'], { env: env() });
    const { lessons } = JSON.parse(listed.stdout);
    expect(lessons.find(({ name }: { name: string }) => name === 'stale-read')).toMatchObject({ done: true, goesOnAt: null });
  });

  it('names the next step where there is no terminal', async () => {
    const failed = run(process.execPath, [BIN, 'learn', 'cap'], { env: env() });
    await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('learn cap --plain') });
  });

  it('stands in the console under its view, keeps its place, and stops its nodes', async () => {
    screen = new PtyScreen(['learn', 'first-election'], home, 80, 24);
    await screen.until((text) => text.includes('LESSON First election') && text.includes('five real processes'));
    await screen.press('\r', (text) => text.includes('A follower that hears no heartbeat'));
    await screen.press('\x7f', (text) => text.includes('EARLIER PAGE') && text.includes('five real processes'));
    await screen.press('\r', (text) => text.includes('A follower that hears no heartbeat'));
    await screen.press('\r', (text) => text.includes('Which of them will lead?'));
    await screen.press('5', (text) => text.includes('EVENTS') && text.includes('Which of them will lead?'));
    await screen.press('c', (text) => text.includes('Enter does it'));
    await screen.press('\r', (text) => text.includes('As you predicted: Nobody can know'));
    screen.keys('\x03');
    screen.keys('\x03');
    expect(await screen.exited).toBe(0);
    const kept = JSON.parse(readFileSync(join(home, 'raftkv-tui', 'lessons.json'), 'utf8'));
    expect(kept['first-election']).toMatchObject({
      part: 0,
      step: 5,
      predictions: { who: 'chance' },
      verdicts: { who: 'right' },
    });
  });

  it('is given on the cluster of a console by :lesson, and leaves it whole', async () => {
    screen = new PtyScreen(['start', '1'], home, 80, 24);
    await screen.until((text) => text.includes('leads'));
    await screen.press(':lesson cap\r', (text) => text.includes('the lesson takes 5 nodes'));
    await screen.press(':lesson skip-list\r', (text) => text.includes('LESSON The skip list') && text.includes('express lines'));
    await screen.press('\r', (text) => text.includes('Twelve keys are written'));
    await screen.press('\r', (text) => text.includes('put lesson:yak'));
    await screen.press('Q', (text) => !text.includes('LESSON'));
    await screen.press(':keys\r', (text) => !text.includes('lesson:yak'));
  });
});

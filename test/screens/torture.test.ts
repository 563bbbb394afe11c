/** A torture run in the console: real nodes are killed while its block tells of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCluster, processesOf } from '../../src/cluster/native/folder/find-cluster.ts';
import { answer, PtyScreen } from '../support/pty-screen.ts';

let folder = '';
let screen: PtyScreen | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftkv-torture-screen-'));
});
afterEach(async () => {
  await screen?.close();
  screen = null;
  rmSync(folder, { recursive: true, force: true });
});

function torture(...args: readonly string[]): PtyScreen {
  const usual = ['torture', '--console', '--nodes', '3', '--least', '10', '--seed', '5', '--out', folder];
  screen = new PtyScreen([...usual, ...args], folder, 80, 24);
  return screen;
}

const PATIENCE_MS = 60_000;

describe('torture in the console', () => {
  it('tells how the run goes above the checks, and in the end the verdict', async () => {
    const shown = torture('--seconds', '15', '--faults', 'kill-leader,transfer');
    await shown.until((text) => /TORTURE epoch \d+: fault/.test(text) && text.includes('CHECKS'));
    await shown.until((text) => /leader changes [1-9]/.test(text) && text.includes('✓ election safety'));
    await shown.press('1', (text) => text.includes('NODES') && text.includes('Torture, epoch'));
    await shown.press('9', (text) => text.includes('histories judged'));
    // The title is drawn before the verdict, and what stood in its row goes with it.
    const isOver = (text: string): boolean => text.includes('q leaves and prints the report') && !text.includes('faults now');
    const over = await shown.until(isOver, PATIENCE_MS);
    expect(over).toContain('✓ every promise was kept');
    expect(over).toContain('violations none');
    expect(over).toMatch(/✓ (?:one vote|election safety)/);
    shown.keys('q');
    expect(await shown.exited).toBe(0);
    expect(shown.alternate).toBe(false);
    expect(shown.text).toContain('every promise was kept');
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ verdict: 'kept', broken: [], promises: { 'election-safety': expect.any(Number) } });
  });

  it('is ended by q as by Ctrl-C: healed, stopped, and told', async () => {
    const shown = torture('--seconds', '600', '--faults', 'pause', '--keep');
    await shown.until((text) => text.includes('epoch 1: fault'));
    await shown.press('q', (text) => text.includes('end the run'));
    expect(await answer(shown, 'y', shown.exited)).toBe(130);
    expect(shown.alternate).toBe(false);
    expect(shown.text).toContain('interrupted: so far every promise was kept');
    const { dir, file } = await findCluster({ home: join(folder, 'cluster'), name: 'torture' });
    expect((await processesOf(dir, file)).map(({ state }) => state)).toEqual(['down', 'down', 'down']);
  });
});

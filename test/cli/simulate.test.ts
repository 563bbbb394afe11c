import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureJson, failureLines } from '../../src/cli/simulate-report.ts';
import { drawOptions } from '../../src/sim/options.ts';
import { simulate } from '../../src/sim/run.ts';
import { shrink } from '../../src/sim/shrink.ts';
import { cli } from './fake-io.ts';

describe('simulate', () => {
  it('shows what a seed stands for and what came of it', async () => {
    const { exit, out } = await cli(['simulate', '--seed', '7', '--seconds', '2', '--nodes', '3']);
    expect(exit).toBe(0);
    expect(out).toMatch(/^seed +7$/m);
    expect(out).toMatch(/^nodes +3$/m);
    expect(out).toMatch(/^faults +\d+ of \d+ kinds: /m);
    expect(out).toMatch(/^trace hash +[0-9a-f]{14}$/m);
    expect(out).toMatch(/^verdict +every promise was kept$/m);
  });

  it('gives machines one object, the same hash each time', async () => {
    const argv = ['simulate', '--seed', '7', '--seconds', '2', '--json'];
    const [first, second] = [JSON.parse((await cli(argv)).out), JSON.parse((await cli(argv)).out)];
    expect(first).toMatchObject({ verdict: 'kept', seeds: 1, historiesGivenUp: 0, options: { seed: 7, seconds: 2 } });
    expect(second.hash).toBe(first.hash);
  });

  it('runs many seeds, and writes the trace of the last', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
    try {
      const file = join(folder, 'trace.ndjson');
      const { exit, out } = await cli([
        'simulate',
        '--seed',
        '3',
        '--seeds',
        '3',
        '--jobs',
        '1',
        '--seconds',
        '1',
        '--trace',
        file,
      ]);
      expect(exit).toBe(0);
      expect(out).toMatch(/^seeds +3, /m);
      const lines = readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      expect(lines.length).toBeGreaterThan(100);
      expect(lines[0]).toEqual({ step: 0, atMs: expect.any(Number), who: expect.any(String), what: expect.any(String) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['--seed', '-1'],
    ['--seeds', '0'],
    ['--jobs', '0'],
    ['--nodes', '10'],
    ['--seconds', 'soon'],
  ])('refuses %s %s', async (name, value) => {
    const { exit, err } = await cli(['simulate', name, value]);
    expect(exit).toBe(2);
    expect(err).toContain(name);
  });

  it('says of a broken promise which one, when, by which faults, and how to see it again', () => {
    // Many answers come too late, so there are retries whatever the seed draws.
    const options = { ...drawOptions(1, { seconds: 5 }), strayShare: 0.3, attemptMs: 60 };
    const setting = { options, plants: { request: () => null } };
    const failed = simulate(setting);
    const shrunk = shrink(setting, failed, 4);
    const text = failureLines(failed, shrunk, 'raftkv-tui simulate --seed 1').join('\n');
    expect(text).toMatch(
      /^seed 1 breaks a promise at step \d+, \d+\.\d+ virtual seconds:\n {2}a write takes effect at most once/,
    );
    expect(text).toMatch(/it takes \d+ of its \d+ faults/);
    expect(text).toContain('what happened last');
    expect(text).toMatch(/again: raftkv-tui simulate --seed 1$/);
    expect(failureJson(failed, shrunk, 'again')).toMatchObject({
      verdict: 'broken',
      replay: 'again',
      failure: { invariant: expect.any(String) },
    });
  });
});

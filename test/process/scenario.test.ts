/** A handful of the shipped stories on real processes: they must print what they print in virtual time. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFreshCluster } from '../../src/scenario/live-cluster.ts';
import { runStory } from '../../src/scenario/run.ts';
import { parseScript } from '../../src/scenario/script.ts';

const FOLDER = resolve(import.meta.dirname, '../../scenarios');
const NAMES = ['leader-killed', 'stale-read', 'exactly-once', 'figure-8', 'failing-sync', 'power-loss', 'snapshot-install'];

describe('a shipped story on real nodes', () => {
  it.each(NAMES)('%s', async (name) => {
    const script = parseScript(`scenarios/${name}.txt`, readFileSync(join(FOLDER, `${name}.txt`), 'utf8'));
    const signal = new AbortController().signal;
    const { failure } = await runStory(script, (shape) => openFreshCluster(shape, signal));
    expect(failure?.message).toBeUndefined();
  });

  it('leaves nothing behind when it is ended in the middle', async () => {
    const interrupt = new AbortController();
    const script = parseScript('a.txt', 'cluster 1\nwait 60s');
    let pids: readonly (number | null)[] = [];
    const told = runStory(script, (shape) => openFreshCluster(shape, interrupt.signal), {
      audience: {
        onWorld: ({ driver }) => {
          pids = driver.picture().nodes.map(({ pid }) => pid);
          setImmediate(() => interrupt.abort());
        },
      },
    });
    await expect(told).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(pids).toEqual([expect.any(Number)]);
    for (const pid of pids) expect(() => process.kill(pid ?? 0, 0)).toThrow();
  });
});

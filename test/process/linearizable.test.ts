import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { checkHistory } from '../../src/check/check.ts';
import type { Operation } from '../../src/check/history.ts';
import { Recorder } from '../../src/check/recorder.ts';
import { timelineLines } from '../../src/check/timeline.ts';
import { killNode, spawnNode } from '../../src/cluster/native/process/processes.ts';
import { RecordedKv } from '../../src/torture/recorded-kv.ts';
import { freshHome, ids, leaderOf, until } from './in-home.ts';

const home = freshHome();

const CLIENTS = 8;
/** Keys that ranges touch, and keys of their own. */
const KEYS = ['range/a', 'range/b', 'range/c', 'range/d', 'own/1', 'own/2', 'own/3'];
/** Short enough that the death of a leader leaves some calls without an answer. */
const DEADLINE_MS = 60;

function anyOperation(kv: RecordedKv, random: Random, fresh: () => string): Promise<unknown> {
  const key = KEYS[random.integer(0, KEYS.length)] ?? '';
  const choice = random.next();
  if (choice < 0.35) return kv.put(key, fresh());
  if (choice < 0.7) return kv.get(key);
  if (choice < 0.8) return kv.delete(key);
  if (choice < 0.9) return kv.cas(key, null, fresh());
  return kv.range({ prefix: 'range/' });
}

describe('three real nodes', () => {
  it('are linearizable while their leader is killed and comes back', async () => {
    const { dir } = await home.start();
    const history: Operation[] = [];
    const recorder = new Recorder((operation) => history.push(operation));
    const [observer, clients] = [await home.client(), await Promise.all(Array.from({ length: CLIENTS }, () => home.client()))];
    let answered = 0;
    let stopped = false;
    let values = 0;
    const load = clients.map(async (client, at) => {
      const kv = new RecordedKv(client, recorder, `c${at}`, DEADLINE_MS);
      const random = seededRandom(at);
      while (!stopped) {
        values += 1;
        if ((await anyOperation(kv, random, () => `v${values}`)) !== null) answered += 1;
      }
    });
    const more = (operations: number): Promise<true> => {
      const enough = answered + operations;
      return until(() => (answered >= enough ? true : null));
    };

    const leader = await leaderOf(observer, ids(3));
    await more(500);
    await killNode(dir, leader);
    const next = await leaderOf(
      observer,
      ids(3).filter((id) => id !== leader),
    );
    await more(500);
    await spawnNode(dir, leader);
    await leaderOf(observer, ids(3));
    await more(500);
    stopped = true;
    await Promise.all(load);
    const reader = new RecordedKv(observer, recorder, 'last', 5_000);
    for (const key of KEYS) await reader.get(key);
    recorder.end();

    const report = checkHistory(history);
    expect(report.verdict, timelineLines(report, { width: 120, ascii: true }).join('\n')).toBe('linearizable');
    expect(report.violations).toEqual([]);
    // An idle run proves nothing.
    expect(next).not.toBe(leader);
    expect(history.filter(({ outcome }) => outcome === 'ok').length).toBeGreaterThan(1_500);
    expect(report.revisions).toBeGreaterThan(1_500);
    expect(history.slice(-KEYS.length).every(({ outcome }) => outcome === 'ok')).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { runLine } from '../../src/commands/run-line.ts';
import { contextOf, fakeCluster } from './fake-cluster.ts';

async function cities() {
  const context = contextOf(fakeCluster());
  for (const key of ['city:1', 'city:2', 'town:1', 'star*']) await context.driver.kv.put(key, 'v');
  return context;
}

describe('the spellings of redis-cli and etcdctl', () => {
  it.each([
    ['setnx lock me', ['OK']],
    ['setnx city:1 me', ['(unchanged) the value is "v"']],
    ['exists city:1', ['(integer) 1']],
    ['exists city', ['(integer) 0']],
    ['unlink city:1', ['(integer) 1']],
    ['SET city:1 x', ['OK']],
    ['dbsize', ['(integer) 4']],
    ['keys *', ['1) "city:1"', '2) "city:2"', '3) "star*"', '4) "town:1"']],
    ['keys city:*', ['1) "city:1"', '2) "city:2"']],
    ['keys "star*"', ['1) "star*"']],
    ['scan 0 match city:* count 1', ['1) "city:1"']],
    ['get --prefix city:', ['1) "city:1" "v"', '2) "city:2" "v"']],
    ['get city: --prefix --count-only', ['(integer) 2']],
    ['get city: --prefix --keys-only --limit 1', ['1) "city:1"']],
    ['get city:1 star', ['1) "city:1" "v"', '2) "city:2" "v"']],
    ['get star* --from-key --keys-only', ['1) "star*"', '2) "town:1"']],
    ['get city:1', ['"v"']],
    ['3 exists city:1', ['3) (integer) 1']],
  ])('understands %s', async (line, lines) => {
    const result = await runLine(line, await cities());
    expect(result.lines.map((text) => text.replace(/ {2}rev .*$/, ''))).toEqual(lines);
  });

  it.each([
    ['member list', 'n1'],
    ['endpoint status', 'n1 leads'],
    ['endpoint health', 'n1 leads'],
    ['info', 'n1 leads'],
  ])('knows the cluster by %s too', async (line, told) => {
    expect((await runLine(line, await cities())).lines.join('\n')).toContain(told);
  });

  it('hands the leadership over by move-leader', async () => {
    const cluster = fakeCluster();
    await runLine('move-leader n3', contextOf(cluster));
    expect(cluster.actions).toEqual([{ type: 'transfer', to: 'n3' }]);
  });

  it.each([
    ['expire k 10', 'keys do not expire here'],
    ['incr k', 'cas KEY OLD NEW'],
    ['multi', 'each write stands for itself'],
    ['flushall', 'no command that deletes all keys'],
    ['monitor', 'watch --prefix "" shows every change'],
    ['keys us[ae]r', 'PREFIX*'],
    ['exsts k', 'did you mean exists?'],
    ['get k --consistncy stale', 'get has no flag --consistncy'],
    ['member add n6', 'settles how many'],
  ])('says plainly what there is not: %s', async (line, next) => {
    const result = await runLine(line, await cities());
    expect(result.exit).toBe(2);
    expect(result.lines.join('\n')).toContain(next);
  });
});

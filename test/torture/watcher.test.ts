import { describe, expect, it } from 'vitest';
import { logIndex } from '../../src/base/brand.ts';
import { Watcher } from '../../src/torture/watcher.ts';
import { fakeChecks } from '../support/fake-checks.ts';
import { FakeDriver } from '../support/fake-driver.ts';

describe('who looks on while a cluster is tortured', () => {
  it('tells what the checks of the driver have seen broken, in their words', () => {
    const driver = new FakeDriver();
    const watcher = new Watcher(driver);
    expect([watcher.promises, watcher.broken]).toEqual([[], []]);
    driver.setChecks(fakeChecks());
    expect(watcher.promises.length).toBeGreaterThan(0);
    expect(watcher.broken).toEqual([]);
    driver.setChecks(
      fakeChecks({ 'one-vote': 'n3 voted twice' }, { verdict: 'not-linearizable', detail: 'a read misses a put' }),
    );
    expect(watcher.broken).toEqual(['one-vote: n3 voted twice', 'not linearizable: a read misses a put']);
    watcher.stop();
  });

  it('counts snapshots as they are taken and installed, not those on their way', () => {
    const driver = new FakeDriver();
    const watcher = new Watcher(driver);
    for (const state of ['taken', 'sending', 'installed', 'taken'] as const)
      driver.emit({ text: state, time: Date.now(), raft: { type: 'snapshot', index: logIndex(7), state, peer: null } });
    expect(watcher.snapshots).toEqual({ taken: 2, installed: 1 });
    watcher.stop();
  });
});

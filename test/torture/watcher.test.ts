import { describe, expect, it } from 'vitest';
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
});

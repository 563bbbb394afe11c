import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterTime, nodeId, term } from '../../src/base/brand.ts';
import { Speaker } from '../../src/cli/spoken-console.ts';
import { spokenPredictions } from '../../src/cli/spoken-predictions.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { FAKE_NOW, fakeFault, fakePicture, withNode } from '../support/fake-picture.ts';

const zone = process.env['TZ'];
beforeEach(() => {
  process.env['TZ'] = 'UTC';
  vi.useFakeTimers();
});
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  vi.useRealTimers();
});

function listening(driver: FakeDriver): { readonly said: string[]; readonly speaker: Speaker } {
  const said: string[] = [];
  const speaker = new Speaker(driver, (text) => said.push(text));
  speaker.start();
  return { said, speaker };
}

describe('the spoken console', () => {
  it('begins with how it is, and says it again only when that has changed for good', () => {
    const healthy = fakePicture(3);
    const driver = new FakeDriver(healthy);
    const { said, speaker } = listening(driver);
    expect(said).toEqual(['All hear n1. 1 node may fail before writes stop.']);
    driver.setPicture({ ...healthy, leader: null });
    driver.setPicture({ ...healthy });
    vi.advanceTimersByTime(1_000);
    expect(said).toHaveLength(1);
    driver.setPicture(withNode(healthy, 'n2', { state: 'down' }));
    vi.advanceTimersByTime(1_000);
    expect(said.slice(1)).toEqual(['One more loss of n1 or n3 stops all writes.']);
    speaker.stop();
    expect(driver.listeners).toBe(0);
  });

  it('says what is expected of a fault, and how it came out', () => {
    const said: string[] = [];
    let wall = FAKE_NOW;
    const spoken = spokenPredictions(
      (text) => said.push(text),
      () => wall,
    );
    const before = fakePicture(3);
    spoken.picture(before);
    wall += 1_000;
    const fault = fakeFault(1, 'kill n1', { since: wall - 50 });
    spoken.picture({ ...withNode(before, 'n1', { state: 'down' }), leader: null, faults: [fault] });
    expect(said).toEqual([expect.stringMatching(/^Expected of kill n1: n1 is lost, election within 0.5 s/)]);
    wall += 4_000;
    vi.advanceTimersByTime(1_000);
    expect(said.slice(1)).toEqual([expect.stringMatching(/^kill n1 came out otherwise: nobody was elected.*\.$/)]);
    vi.advanceTimersByTime(60_000);
    expect(said).toHaveLength(2);
    spoken.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells an event once, and no single votes', () => {
    const driver = new FakeDriver(fakePicture(3));
    const { said, speaker } = listening(driver);
    const time = clusterTime(FAKE_NOW);
    const asks = { type: 'election', term: term(2), preVote: true, reason: '' } as const;
    for (let i = 0; i < 5; i += 1)
      driver.emit({ time, node: nodeId('n3'), kind: 'election', text: 'asks for pre-votes for term 2', raft: asks });
    driver.emit({ time, node: nodeId('n3'), kind: 'vote', text: 'pre-vote for term 2: n1 refuses' });
    driver.emit({ time, kind: 'fault', severity: 'warn', text: 'kill n2', fault: 1 });
    expect(said.slice(1)).toEqual(['12:04:31, n3 asks for pre-votes for term 2.', '12:04:31, fault: kill n2.']);
    speaker.stop();
  });
});

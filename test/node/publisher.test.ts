import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logIndex, nodeId, term } from '../../src/base/brand.ts';
import { Publisher } from '../../src/node/publisher.ts';
import type { MemberStatus, NodeEvent } from '../../src/replica/status.ts';
import { fakeStatus } from '../support/fake-status.ts';

const n1 = nodeId('n1');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch(first: MemberStatus) {
  let status = first;
  const publisher = new Publisher(n1, () => status);
  const events: NodeEvent[] = [];
  return {
    publisher,
    events,
    change: (next: Partial<MemberStatus>) => {
      status = { ...status, ...next };
    },
    statuses: () => events.filter((event) => event.topic === 'status').length,
  };
}

describe('the publisher', () => {
  it('tells a new watcher the status at once and the events of the past', () => {
    const { publisher, events } = watch(fakeStatus(n1));
    publisher.raft({ type: 'election', term: term(2), preVote: true, reason: 'silence' });
    publisher.subscribe(['raft', 'status'], (event) => events.push(event));
    expect(events.map((event) => event.topic)).toEqual(['raft', 'status']);
    publisher.stop();
  });

  it('sends the status of a new role before it tells of it', () => {
    const { publisher, events, change } = watch(fakeStatus(n1));
    publisher.subscribe(['raft', 'status'], (event) => events.push(event));
    change({ role: 'leader', term: term(7) });
    publisher.raft({ type: 'role', role: 'leader', term: term(7), leader: n1, reason: 'elected by n1' });
    const [, status, role] = events;
    expect(status).toMatchObject({ topic: 'status', status: { role: 'leader', term: 7 } });
    expect(role).toMatchObject({ topic: 'raft', event: { role: 'leader' } });
    publisher.stop();
  });

  it('sends a changed status within a tenth of a second, and a burst of changes as one', () => {
    const { publisher, events, change, statuses } = watch(fakeStatus(n1));
    publisher.subscribe(['status'], (event) => events.push(event));
    vi.advanceTimersByTime(100);
    const before = statuses();
    change({ commitIndex: logIndex(6) });
    change({ commitIndex: logIndex(7) });
    vi.advanceTimersByTime(100);
    expect(statuses() - before).toBe(1);
    publisher.stop();
  });

  it('tells of positions that run on five times a second, and of what happens in between at once', () => {
    const { publisher, events, change, statuses } = watch(fakeStatus(n1));
    publisher.subscribe(['status'], (event) => events.push(event));
    const run = (tenths: number): void => {
      for (let i = 0; i < tenths; i += 1) {
        change({ commitIndex: logIndex(10 + events.length + i) });
        vi.advanceTimersByTime(100);
      }
    };
    run(60);
    const before = statuses();
    run(30);
    expect(statuses() - before).toBe(15);
    run(1);
    const running = statuses();
    change({ leader: nodeId('n2') });
    vi.advanceTimersByTime(100);
    expect(statuses() - running).toBe(1);
    run(10);
    expect(statuses() - running).toBe(11);
    publisher.stop();
  });

  it('repeats an unchanged status once a second, so that silence means loss', () => {
    const { publisher, events, statuses } = watch(fakeStatus(n1));
    publisher.subscribe(['status'], (event) => events.push(event));
    vi.advanceTimersByTime(200);
    const before = statuses();
    vi.advanceTimersByTime(5_000);
    expect(statuses() - before).toBe(5);
    publisher.stop();
  });

  it('sends no topic that was not asked for, and nothing after the end of a subscription', () => {
    const { publisher, events } = watch(fakeStatus(n1));
    const end = publisher.subscribe(['fault'], (event) => events.push(event));
    publisher.raft({ type: 'election', term: term(2), preVote: true, reason: 'silence' });
    publisher.fault('1 link rules in force');
    end();
    publisher.fault('0 link rules in force');
    vi.advanceTimersByTime(2_000);
    expect(events.map((event) => event.topic)).toEqual(['fault']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts its events without gaps', () => {
    const { publisher, events } = watch(fakeStatus(n1));
    for (let i = 0; i < 300; i += 1) publisher.fault(`${i}`);
    publisher.subscribe(['fault'], (event) => events.push(event));
    const seqs = events.map((event) => (event.topic === 'fault' ? event.seq : 0));
    expect(seqs.at(-1)).toBe(300);
    expect(seqs.every((seq, i) => i === 0 || seq === (seqs[i - 1] ?? 0) + 1)).toBe(true);
    publisher.stop();
  });
});

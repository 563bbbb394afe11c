import { describe, expect, it } from 'vitest';
import { type NodeId, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { FaultyTransport } from '../../src/fault/faulty-transport.ts';
import { LinkFilter } from '../../src/fault/link-filter.ts';
import { type LinkFault, NO_FAULTS } from '../../src/fault/plan.ts';
import { link } from '../../src/fault/presets.ts';
import type { Message } from '../../src/raft/messages.ts';
import { FakeClock } from './fake-clock.ts';

const [n1, n2, n3] = [nodeId('n1'), nodeId('n2'), nodeId('n3')];

/** The term numbers the messages. */
const message = (number: number, to: NodeId = n2): Message => ({ type: 'timeout-now', from: n1, to, term: term(number) });

function transport(links: readonly LinkFault[], mostHeld?: number) {
  const clock = new FakeClock();
  const filter = new LinkFilter(n1, clock, seededRandom(3));
  filter.setPlan({ links });
  const sent: number[] = [];
  const faulty = new FaultyTransport({ send: (each) => sent.push(each.term) }, filter, clock, mostHeld);
  return { clock, filter, faulty, sent };
}

describe('the faulty transport', () => {
  it('sends at once, and without a timer, what no rule touches', () => {
    const { faulty, sent, clock } = transport([link(n1, n3, { drop: 1 })]);
    faulty.send(message(1));
    faulty.send(message(2, n3));
    expect([sent, clock.timers]).toEqual([[1], 0]);
  });

  it('delivers late what is delayed, and lets messages overtake each other', () => {
    const { faulty, sent, clock, filter } = transport([link(n1, n2, { delayMs: [100, 100] })]);
    faulty.send(message(1));
    clock.pass(50);
    filter.setPlan({ links: [link(n1, n2, { delayMs: [10, 10] })] });
    faulty.send(message(2));
    clock.pass(9);
    expect([sent, faulty.held]).toEqual([[], 2]);
    clock.pass(1);
    expect(sent).toEqual([2]);
    clock.pass(40);
    expect([sent, faulty.held]).toEqual([[2, 1], 0]);
  });

  it('delivers what it held back although the fault was healed meanwhile', () => {
    const { faulty, sent, clock, filter } = transport([link(n1, n2, { delayMs: [100, 100] })]);
    faulty.send(message(1));
    filter.setPlan(NO_FAULTS);
    faulty.send(message(2));
    clock.pass(100);
    expect(sent).toEqual([2, 1]);
  });

  it('doubles', () => {
    const { faulty, sent } = transport([link(n1, n2, { duplicate: 1 })]);
    faulty.send(message(1));
    expect(sent).toEqual([1, 1]);
  });

  it('holds back only so many and loses the rest, as a full queue would', () => {
    const { faulty, sent, clock } = transport([link(n1, n2, { delayMs: [10, 10] })], 3);
    for (const number of [1, 2, 3, 4, 5]) faulty.send(message(number));
    faulty.send(message(6, n3));
    expect([sent, faulty.held]).toEqual([[6], 3]);
    clock.pass(10);
    faulty.send(message(7));
    clock.pass(10);
    expect(sent).toEqual([6, 1, 2, 3, 7]);
  });

  it('sends nothing after it was closed', () => {
    const { faulty, sent, clock } = transport([link(n1, n2, { delayMs: [10, 10] })]);
    faulty.send(message(1));
    faulty.close();
    faulty.send(message(2, n3));
    expect([clock.timers, faulty.held]).toEqual([0, 0]);
    clock.pass(100);
    expect(sent).toEqual([]);
  });
});

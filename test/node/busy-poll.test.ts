import { describe, expect, it } from 'vitest';
import { BusyPoll } from '../../src/node/busy-poll.ts';

/** A loop of which each round takes a hundredth of a millisecond. */
class TinyLoop {
  nowMs = 0;
  rounds = 0;
  #next: (() => void)[] = [];
  readonly poll = new BusyPoll({ now: () => this.nowMs, next: (run) => void this.#next.push(run) });

  /** Until nobody looks any more, or something arrives after so many rounds. */
  run(arrivesAfter = Number.POSITIVE_INFINITY): void {
    for (let round = 0; this.#next.length > 0; round += 1) {
      if (round === arrivesAfter) this.poll.arrived();
      this.nowMs += 0.01;
      this.rounds += 1;
      for (const run of this.#next.splice(0)) run();
    }
  }
}

/** How many of so many occasions are taken, with nothing arriving. */
function taken(loop: TinyLoop, what: 'answer' | 'request', occasions: number): number {
  let count = 0;
  for (let i = 0; i < occasions; i += 1) {
    const before = loop.rounds;
    loop.poll.expect(what);
    loop.run();
    if (loop.rounds > before) count += 1;
  }
  return count;
}

describe('busy polling', () => {
  it('looks until something arrives, or for a tenth of a millisecond', () => {
    const loop = new TinyLoop();
    loop.poll.expect('answer');
    loop.run(3);
    expect(loop.rounds).toBe(4);
    loop.poll.expect('answer');
    loop.run();
    expect(loop.rounds - 4).toBeGreaterThanOrEqual(9);
    expect(loop.rounds - 4).toBeLessThanOrEqual(12);
  });

  it('stops where it is not worth it, and tries again now and then', () => {
    const loop = new TinyLoop();
    expect(taken(loop, 'request', 1)).toBe(1);
    expect(taken(loop, 'request', 15)).toBe(0);
    expect(taken(loop, 'request', 160)).toBe(10);
  });

  it('goes on where a trial was a hit, and forgives a few misses', () => {
    const loop = new TinyLoop();
    for (let i = 0; i < 10; i += 1) {
      loop.poll.expect('answer');
      loop.run(2);
    }
    expect(taken(loop, 'answer', 20)).toBe(4 + 1);
  });

  it('learns of answers and of requests apart', () => {
    const loop = new TinyLoop();
    for (let i = 0; i < 50; i += 1) {
      loop.poll.expect('answer');
      loop.run(2);
      loop.poll.expect('request');
      loop.run();
    }
    const before = loop.rounds;
    loop.poll.expect('answer');
    loop.run(2);
    expect(loop.rounds).toBe(before + 3);
    expect(taken(loop, 'request', 15)).toBeLessThanOrEqual(1);
  });

  it('does not take its own end for an arrival', () => {
    const loop = new TinyLoop();
    loop.poll.expect('request');
    loop.run();
    loop.poll.arrived();
    expect(taken(loop, 'request', 15)).toBe(0);
  });
});

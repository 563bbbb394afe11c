import { describe, expect, it } from 'vitest';
import { millis, term } from '../../src/base/brand.ts';
import { type Clockwork, dataInterval, startFeed } from '../../src/console/feed.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { type Screen, Store } from '../../src/console/store.ts';
import { consoleState } from '../support/console-state.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { FAKE_NOW, fakePicture, withNode } from '../support/fake-picture.ts';

/** Time that a test turns by hand. */
class FakeClockwork implements Clockwork {
  #now = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];
  now(): number {
    return this.#now;
  }
  wall(): number {
    return FAKE_NOW + this.#now;
  }
  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  get timers(): number {
    return this.#timers.length;
  }
  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = until;
  }
}

function bench(picture = fakePicture(3)) {
  const driver = new FakeDriver(picture);
  const clockwork = new FakeClockwork();
  let drawn = 0;
  let pictures = 0;
  const draw = (state: ConsoleState): Screen => {
    drawn += 1;
    if (state.picture !== picture) pictures += 1;
    return { lines: [JSON.stringify([state.picture.term, state.events.items.length, state.flash])], cursor: null };
  };
  const store = new Store(consoleState(undefined, picture), draw, () => {});
  let painted = 0;
  store.subscribe(() => {
    painted += 1;
  });
  const stop = startFeed(driver, store, clockwork);
  return { driver, clockwork, store, stop, counts: () => ({ drawn, painted, pictures }) };
}

describe('the feed', () => {
  it('merges what comes within a tenth of a second into one frame', () => {
    const { driver, clockwork, store, counts } = bench();
    const before = counts().drawn;
    for (let i = 0; i < 500; i += 1) {
      driver.emit({ text: `event ${i}` });
      driver.setPicture(fakePicture(3, [1, 2]));
    }
    expect(counts().drawn).toBe(before);
    clockwork.pass(100);
    expect(counts().drawn).toBe(before + 1);
    expect(store.state.events.items).toHaveLength(500);
  });

  it('draws at most ten times a second, however much comes', () => {
    const { driver, clockwork, counts } = bench();
    const before = counts().drawn;
    for (let ms = 0; ms < 1_000; ms += 5) {
      driver.emit({ text: 'more' });
      clockwork.pass(5);
    }
    expect(counts().drawn - before).toBeLessThanOrEqual(11);
  });

  it('draws less often where a frame is dear, and never less than twice a second', () => {
    expect(dataInterval(2)).toBe(100);
    expect(dataInterval(20)).toBe(400);
    expect(dataInterval(1_000)).toBe(500);
  });

  it('paints nothing when the screen would be the same', () => {
    const { driver, clockwork, counts } = bench();
    const { painted } = counts();
    driver.setPicture({ ...fakePicture(3) });
    clockwork.pass(500);
    expect(counts().painted).toBe(painted);
  });

  it('looks once a second at numbers that waver, and at once when something moves', () => {
    const { driver, clockwork, store, counts } = bench();
    clockwork.pass(1_000);
    const before = counts().drawn;
    let picture = driver.picture();
    const waver = (ms: number): void => {
      picture = withNode(picture, 'n2', { seenAt: clockwork.now() }, { uptimeMs: millis(ms), memoryBytes: 60_000_000 + ms });
      driver.setPicture(picture);
      clockwork.pass(100);
    };
    for (let ms = 0; ms < 3_000; ms += 100) waver(ms);
    expect(counts().drawn - before).toBeLessThanOrEqual(6);
    waver(4_000);
    driver.setPicture(withNode(picture, 'n2', {}, { term: term(2) }));
    clockwork.pass(100);
    expect(store.state.picture.nodes[1]?.status?.term).toBe(2);
  });

  it('takes what a quiet cluster tells each second, and draws it each fifth, but for views that run with the time', () => {
    const { driver, clockwork, store, counts } = bench();
    const repeat = (seconds: number): void => {
      for (let i = 0; i < seconds; i += 1) {
        const seen = { seenAt: clockwork.now() };
        driver.setPicture(['n1', 'n2', 'n3'].reduce((picture, id) => withNode(picture, id, seen), driver.picture()));
        clockwork.pass(1_000);
      }
    };
    repeat(10);
    const before = counts().drawn;
    repeat(10);
    expect(counts().drawn - before).toBe(2);
    expect(store.state.picture).toBe(driver.picture());
    store.dispatch({ type: 'key', key: { type: 'text', text: '6' }, now: clockwork.now(), wall: clockwork.wall() });
    const shown = counts().drawn;
    repeat(5);
    expect(counts().drawn - shown).toBe(5);
  });

  it('bounds what waits and counts what it drops', () => {
    const { driver, clockwork, store } = bench();
    for (let i = 0; i < 5_000; i += 1) driver.emit({ text: `event ${i}` });
    clockwork.pass(100);
    expect(store.state.events.items).toHaveLength(4_096);
    expect(store.state.events.dropped).toBe(904);
  });

  it('needs a quick clock while an election timer runs, and a slow one otherwise', () => {
    const waiting = withNode(
      fakePicture(3),
      'n2',
      {},
      { leader: null, election: { elapsedMs: millis(300), timeoutMs: millis(900) } },
    );
    const { clockwork, counts } = bench(waiting);
    const before = counts().drawn;
    clockwork.pass(1_000);
    expect(counts().drawn - before).toBeGreaterThanOrEqual(9);
    const idle = bench();
    const calm = idle.counts().drawn;
    idle.clockwork.pass(1_900);
    expect(idle.counts().drawn - calm).toBe(0);
  });

  it('leaves nothing behind when it stops', () => {
    const { driver, clockwork, stop } = bench();
    driver.emit({ text: 'last' });
    stop();
    expect(driver.listeners).toBe(0);
    expect(clockwork.timers).toBe(0);
  });
});

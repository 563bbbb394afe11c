import { describe, expect, it } from 'vitest';
import { millis } from '../../src/base/brand.ts';
import { HeldText } from '../../src/net/held-frame.ts';
import { Intake, type IntakeBounds } from '../../src/net/intake.ts';
import type { Lane } from '../../src/net/lane.ts';

const BOUNDS: IntakeBounds = {
  ...{ calls: [20, 100], targetMs: 100, reservedCalls: 2, turnFrames: 10, turnMs: 10, patienceMs: 50, refusalShare: [0.1, 0.1] },
};

/** A node whose clock and turns are moved by hand. */
class World {
  now = 0;
  readonly #soon: (() => void)[] = [];
  #timers: { at: number; run: () => void }[] = [];
  readonly intake: Intake;

  constructor(bounds: Partial<IntakeBounds> = {}) {
    this.intake = new Intake(
      { ...BOUNDS, ...bounds },
      {
        now: () => millis(this.now),
        soon: (run) => void this.#soon.push(run),
        after: (delay, run) => {
          this.#timers.push({ at: this.now + delay, run });
          return () => {};
        },
      },
    );
  }

  turn(): void {
    for (const run of this.#soon.splice(0)) run();
  }

  /** Time passes, a millisecond at a time, with a turn in each. */
  pass(ms: number, each: () => void = () => {}): void {
    for (let i = 0; i < ms; i += 1) {
      this.now += 1;
      const due = this.#timers.filter(({ at }) => at <= this.now);
      this.#timers = this.#timers.filter(({ at }) => at > this.now);
      for (const { run } of due) run();
      this.turn();
      each();
    }
  }
}

/** A connection: what was begun and not yet answered, and what was refused. */
class Connection {
  readonly lane: Lane;
  readonly served: string[] = [];
  readonly refused: string[] = [];
  paused = false;
  hasRoom = true;
  /** While a call is served or a refusal is written, the clock may go on. */
  onServe = (): void => {};
  onRefusal = (): void => {};

  constructor(world: World) {
    this.lane = world.intake.join({
      hasRoom: () => this.hasRoom,
      serve: (frame) => this.begin(`${frame.text()}`),
      refuse: (frame) => {
        this.refused.push(`${frame.text()}`);
        this.onRefusal();
      },
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
        this.lane.readsOn();
      },
    });
  }

  /** What was in one read of the socket: all there was, or a part. */
  send(from: number, count: number, isAll = true): void {
    if (isAll) this.lane.sawEmpty();
    for (let i = from; i < from + count; i += 1)
      if (this.lane.admits()) this.begin(`${i}`);
      else this.lane.hold(new HeldText(`${i}`));
  }

  begin(text: string): void {
    this.served.push(text);
    this.lane.began(1);
    this.onServe();
  }
}

describe('Intake', () => {
  it('takes on no more than its bound, leaves the rest unread, and goes on in order as calls are answered', () => {
    const world = new World({ turnFrames: 1_000, patienceMs: 1e9 });
    const one = new Connection(world);
    one.send(0, 50);
    world.turn();
    expect([one.served.length, world.intake.calls, world.intake.waitingFrames, one.paused]).toEqual([20, 20, 30, true]);
    one.lane.ended(15);
    world.turn();
    expect([one.served.length, one.paused]).toEqual([35, true]);
    one.lane.ended(20);
    world.turn();
    expect([one.served.length, world.intake.calls, one.paused]).toEqual([50, 15, false]);
    expect(one.served).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
  });

  it('begins only so many frames in a turn, however many connections have some', () => {
    const world = new World({ calls: [1_000, 1_000] });
    const all = Array.from({ length: 8 }, () => new Connection(world));
    for (const each of all) each.send(0, 5);
    const begun = (): number => all.reduce((sum, each) => sum + each.served.length, 0);
    expect(begun()).toBe(10);
    world.turn();
    expect(begun()).toBe(20);
    world.turn();
    world.turn();
    expect(begun()).toBe(40);
    expect(all.every(({ paused }) => !paused)).toBe(true);
  });

  it('begins fewer in a turn when they turn out to be heavy, and more again when they are light', () => {
    const world = new World({ calls: [10_000, 10_000], turnFrames: 64, patienceMs: 1e9 });
    const one = new Connection(world);
    let frameMs = 5;
    one.onServe = () => {
      world.now += frameMs;
    };
    one.send(0, 5_000);
    for (let i = 0; i < 10; i += 1) world.turn();
    const before = one.served.length;
    world.turn();
    expect(one.served.length - before).toBe(4);
    frameMs = 0.1;
    for (let i = 0; i < 10; i += 1) world.turn();
    const light = one.served.length;
    world.turn();
    expect(one.served.length - light).toBe(64);
  });

  it('serves a quiet connection beside a flood, and one that asks while everything is stuck', () => {
    const world = new World({ patienceMs: 1e9 });
    const [flood, quiet] = [new Connection(world), new Connection(world)];
    for (let i = 0; i < 10; i += 1) {
      flood.send(100 * i, 100);
      world.turn();
    }
    expect(flood.served.length).toBe(20);
    quiet.send(0, 2);
    world.turn();
    expect(quiet.served).toEqual(['0', '1']);
    quiet.send(2, 1);
    world.turn();
    expect(quiet.served).toEqual(['0', '1']);
    flood.lane.ended(4);
    world.turn();
    expect(quiet.served).toEqual(['0', '1', '2']);
  });

  it('respects the bounds of the connection itself', () => {
    const world = new World();
    const one = new Connection(world);
    one.hasRoom = false;
    one.send(0, 3);
    world.turn();
    expect(one.served).toEqual([]);
    one.hasRoom = true;
    one.lane.ended(0);
    world.turn();
    expect(one.served).toEqual(['0', '1', '2']);
  });

  it('lets more in flight when it answers more, within its bounds', () => {
    const world = new World({ turnFrames: 1_000, patienceMs: 1e9 });
    const one = new Connection(world);
    one.send(0, 5_000);
    // Half a call a millisecond: 50 would be answered in the target of 100 ms.
    let half = 0;
    world.pass(400, () => {
      half = (half + 1) % 2;
      one.lane.ended(half);
    });
    expect(world.intake.calls).toBeGreaterThanOrEqual(49);
    expect(world.intake.calls).toBeLessThanOrEqual(51);
    world.pass(400, () => one.lane.ended(Math.min(5, one.lane.calls)));
    world.turn();
    expect(world.intake.calls).toBe(100);
  });
});

describe('refusals', () => {
  it('come to what has waited too long, and to nothing else', () => {
    const world = new World({ refusalShare: [1, 1] });
    const one = new Connection(world);
    one.send(0, 25);
    world.pass(45);
    expect([one.served.length, one.refused]).toEqual([20, []]);
    world.pass(20);
    expect(one.refused).toEqual(['20', '21', '22', '23', '24']);
    expect(one.paused).toBe(false);
    one.send(25, 5);
    world.pass(20);
    expect(one.refused.length).toBe(5);
  });

  it('take no more than their share of the time', () => {
    const world = new World({ turnFrames: 1_000, refusalShare: [0.2, 0.2] });
    const one = new Connection(world);
    one.onRefusal = () => {
      world.now += 0.5;
    };
    one.send(0, 1_000);
    world.pass(50);
    const from = { now: world.now, refused: one.refused.length };
    world.pass(200);
    const refused = one.refused.length - from.refused;
    expect(refused).toBeGreaterThan(60);
    expect((refused * 0.5) / (world.now - from.now)).toBeLessThan(0.25);
  });

  it('come at once to what lay unread for as long, and not any more to what came after all was read', () => {
    const world = new World({ refusalShare: [1, 1] });
    const one = new Connection(world);
    one.send(0, 25, false);
    world.pass(60);
    expect([one.refused.length, one.paused]).toEqual([5, false]);
    one.send(25, 5, false);
    world.pass(10);
    expect([one.refused.length, one.paused]).toEqual([10, false]);
    // It is all that has come here, but so soon after the pause the sender may have more that did not fit.
    one.send(30, 5);
    world.pass(10);
    expect([one.refused.length, one.paused]).toEqual([15, false]);
    world.pass(11);
    one.send(35, 5);
    world.pass(40);
    expect([one.refused.length, one.paused]).toEqual([15, true]);
  });

  it('do not make the turns seem heavy in which they are written', () => {
    const world = new World({ calls: [1_000, 1_000], turnFrames: 64, refusalShare: [1, 1] });
    const [busy, stuck] = [new Connection(world), new Connection(world)];
    stuck.hasRoom = false;
    stuck.onRefusal = () => {
      world.now += 25;
    };
    stuck.send(0, 20);
    world.pass(50);
    for (let i = 0; i < 5; i += 1) {
      world.pass(9);
      busy.send(i, 1);
      world.pass(1);
    }
    expect(stuck.refused.length).toBeGreaterThan(4);
    busy.send(10, 100);
    expect(busy.served.length).toBe(5 + 64);
  });

  it('take more of the time when something has waited longer, up to a bound', () => {
    const world = new World({ turnFrames: 1_000, refusalShare: [0.1, 0.4] });
    const one = new Connection(world);
    one.onRefusal = () => {
      world.now += 0.5;
    };
    one.send(0, 1_000);
    const refusedIn = (ms: number): number => {
      const before = { now: world.now, refused: one.refused.length };
      world.pass(ms);
      return ((one.refused.length - before.refused) * 0.5) / (world.now - before.now);
    };
    world.pass(50);
    expect(refusedIn(30)).toBeLessThan(0.25);
    world.pass(150);
    const share = refusedIn(200);
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.45);
  });

  it('go round, so that each of those who wait hears something', () => {
    const world = new World({ turnFrames: 4, refusalShare: [1, 1] });
    const all = Array.from({ length: 4 }, () => new Connection(world));
    for (const each of all) {
      each.onRefusal = () => {
        world.now += 0.5;
      };
      each.send(0, 100);
    }
    world.pass(80);
    const counts = all.map(({ refused }) => refused.length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

describe('a connection that is gone', () => {
  it('leaves nothing behind: what waited is dropped, what was begun still counts until it is answered', () => {
    const world = new World({ turnFrames: 1_000 });
    const [gone, next] = [new Connection(world), new Connection(world)];
    gone.send(0, 100);
    gone.lane.close();
    expect([world.intake.waitingFrames, world.intake.calls]).toEqual([0, 20]);
    gone.send(100, 10);
    expect(gone.served.length).toBe(20);
    next.send(0, 10);
    world.turn();
    expect(next.served.length).toBe(2);
    gone.lane.ended(20);
    world.turn();
    expect(next.served.length).toBe(10);
    world.pass(500);
    expect([gone.refused, gone.served.length]).toEqual([[], 20]);
  });
});

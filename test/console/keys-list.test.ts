/** The window onto the keys: driven by the reducer alone, answered by a store in memory. */
import { describe, expect, it } from 'vitest';
import { revision } from '../../src/base/brand.ts';
import { Recording } from '../../src/cluster/recording/recording.ts';
import { History } from '../../src/commands/history.ts';
import { Effects } from '../../src/console/effects.ts';
import type { Effect, Message } from '../../src/console/messages.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { Traveller } from '../../src/console/traveller.ts';
import { update } from '../../src/console/update.ts';
import { consoleState, keys } from '../support/console-state.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { FAKE_NOW, fakePicture } from '../support/fake-picture.ts';

/** A reducer with real effects over a fake store; `settle` waits until nothing is asked any more. */
class Bench {
  readonly driver = new FakeDriver(fakePicture(3));
  state: ConsoleState;
  asked = 0;
  #open = 0;
  #idle: (() => void)[] = [];
  readonly #effects: Effects;

  constructor(count: number) {
    for (let i = 0; i < count; i += 1) this.driver.kv.set(`key:${String(i).padStart(6, '0')}`, `v${i}`);
    this.state = consoleState({ columns: 80, rows: 24 }, this.driver.picture());
    const world = {
      driver: this.driver,
      history: new History(null),
      quit: () => {},
      suspend: () => {},
      redraw: () => {},
      lesson: () => {},
      openLesson: () => Promise.resolve(''),
      state: () => this.state,
      traveller: new Traveller(new Recording()),
      record: () => {},
      saveRecording: () => Promise.resolve('recording.ndjson'),
    };
    this.#effects = new Effects({ ...world, dispatch: (message) => this.#answer(message) });
  }

  send(message: Message): void {
    const step = update(this.state, message);
    this.state = step.state;
    for (const effect of step.effects) this.#carryOut(effect);
  }

  async press(...names: string[]): Promise<void> {
    for (const key of keys(...names)) {
      this.send({ type: 'key', key, now: this.state.now + 300, wall: FAKE_NOW });
      await this.settle();
    }
  }

  /** Without waiting for what is asked. */
  pressAtOnce(...names: string[]): void {
    for (const key of keys(...names)) this.send({ type: 'key', key, now: this.state.now + 300, wall: FAKE_NOW });
  }

  settle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'load-keys') {
      this.#open += 1;
      this.asked += 1;
    }
    this.#effects.carryOut(effect);
  }

  #answer(message: Message): void {
    this.send(message);
    if (message.type !== 'keys-page') return;
    this.#open -= 1;
    if (this.#open === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  get cursorKey(): string | undefined {
    return this.state.keys.rows[this.state.keys.cursor - this.state.keys.first]?.key;
  }
}

describe('the list of keys', () => {
  it('holds a small window of a large store', async () => {
    const bench = new Bench(5_000);
    await bench.press('4');
    expect(bench.state.keys.total).toBe(5_000);
    for (let i = 0; i < 60; i += 1) await bench.press('page-down');
    expect(bench.state.keys.rows.length).toBeLessThanOrEqual(400);
    const { cursor } = bench.state.keys;
    expect(bench.cursorKey).toBe(`key:${String(cursor).padStart(6, '0')}`);
    for (let i = 0; i < 60; i += 1) await bench.press('page-up');
    expect(bench.cursorKey).toBe('key:000000');
    expect(bench.state.keys.first).toBe(0);
  });

  it('comes to the same key however quickly one leafs', async () => {
    const [patient, hasty] = [new Bench(5_000), new Bench(5_000)];
    await patient.press('4');
    await hasty.press('4');
    for (let i = 0; i < 40; i += 1) await patient.press('page-down');
    hasty.pressAtOnce(...Array.from({ length: 40 }, () => 'page-down'));
    await hasty.settle();
    expect(hasty.cursorKey).toBe(patient.cursorKey);
    hasty.pressAtOnce(...Array.from({ length: 38 }, () => 'page-up'), 'k');
    await hasty.settle();
    for (let i = 0; i < 38; i += 1) await patient.press('page-up');
    await patient.press('k');
    expect(hasty.cursorKey).toBe(patient.cursorKey);
    expect(hasty.state.keys).toMatchObject({ wish: null });
    expect(hasty.state.keys.rows.length).toBeLessThanOrEqual(400);
  });

  it('jumps to the end and knows where it is', async () => {
    const bench = new Bench(5_000);
    await bench.press('4', 'G');
    expect(bench.state.keys.cursor).toBe(4_999);
    expect(bench.cursorKey).toBe('key:004999');
    await bench.press('k', 'k');
    expect(bench.cursorKey).toBe('key:004997');
    await bench.press('g');
    expect(bench.cursorKey).toBe('key:000000');
  });

  it('filters by prefix', async () => {
    const bench = new Bench(1_000);
    await bench.press('4', '/', 'key:00012', 'enter');
    expect(bench.state.keys.total).toBe(10);
    await bench.press('G');
    expect(bench.cursorKey).toBe('key:000129');
    await bench.press('escape');
    expect(bench.state.keys.total).toBe(1_000);
  });

  it('looks again after writes, once a second, and stays on its key', async () => {
    const bench = new Bench(50);
    await bench.press('4', 'j', 'j');
    const before = bench.asked;
    bench.driver.kv.set('a-new-first-key', 'x');
    const picture = fakePicture(3);
    const nodes = picture.nodes.map((node) =>
      node.status === null ? node : { ...node, status: { ...node.status, revision: revision(51) } },
    );
    const data = {
      type: 'data',
      picture: { ...picture, nodes },
      ownsNodes: true,
      events: [],
      dropped: 0,
      wall: FAKE_NOW,
    } as const;
    bench.send({ ...data, now: bench.state.now + 10 });
    await bench.settle();
    expect(bench.asked).toBe(before);
    bench.send({ ...data, now: bench.state.now + 1_500 });
    await bench.settle();
    expect(bench.asked).toBe(before + 1);
    expect(bench.state.keys.total).toBe(51);
    expect(bench.cursorKey).toBe('key:000002');
  });

  it('asks nothing while another view is open', async () => {
    const bench = new Bench(10);
    await bench.press('5', 'j', '2', 'h');
    expect(bench.asked).toBe(0);
  });
});

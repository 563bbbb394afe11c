/**
 * Somebody who presses anything at any time on a terminal of any size, while the cluster changes under him. The seed is in
 * the message of what fails; MONKEY_SEED repeats it, MONKEY_SECONDS plays longer.
 */
import { describe, expect, it } from 'vitest';
import { clusterTime, nodeId } from '../../src/base/brand.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { ClusterEvent, ClusterPicture } from '../../src/cluster/driver.ts';
import { Recording } from '../../src/cluster/recording/recording.ts';
import { frameOf } from '../../src/console/frame.ts';
import type { Effect, Message } from '../../src/console/messages.ts';
import { plainText, rowCells } from '../../src/console/rows.ts';
import type { ConsoleState } from '../../src/console/state.ts';
import { ASCII_GLYPHS, UTF8_GLYPHS } from '../../src/console/theme.ts';
import { Traveller } from '../../src/console/traveller.ts';
import { update } from '../../src/console/update.ts';
import { ConsoleBench } from '../support/console-bench.ts';
import { consoleState, keys } from '../support/console-state.ts';
import { FAKE_NOW, fakeEvent, fakeFault, fakeLog, fakePicture, withNode } from '../support/fake-picture.ts';
import { HOSTILE, sceneDriver, scenePicture } from '../support/fake-scene.ts';
import { BYTES, strayBytes } from '../support/terminal-bytes.ts';

const SEED = Number(process.env['MONKEY_SEED'] ?? 393_029_318);
const SECONDS = Number(process.env['MONKEY_SECONDS'] ?? 15);

const pick = <T>(random: Random, items: readonly T[]): T => {
  const item = items[random.integer(0, items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
};

/** Any state a cluster may be seen in, sound or not. */
function anyPicture(random: Random): ClusterPicture {
  const count = random.integer(0, 10);
  if (count === 0) return random.next() < 0.5 ? scenePicture() : { ...fakePicture(1), nodes: [], leader: null };
  const terms = Array.from({ length: random.integer(0, 300) }, (_, i) => 1 + Math.floor(i / 40));
  let picture = fakePicture(count, terms.length === 0 ? [1] : terms, random.integer(0, terms.length + 1));
  for (const { id } of picture.nodes) {
    if (random.next() < 0.3) picture = withNode(picture, id, { state: pick(random, ['up', 'down', 'paused']) });
    if (random.next() < 0.2) picture = withNode(picture, id, {}, fakeLog(terms.slice(0, random.integer(0, terms.length + 1)), 0));
    if (random.next() < 0.1) picture = withNode(picture, id, { seenAt: null }, null);
    if (random.next() < 0.2)
      picture = withNode(picture, id, {}, { role: pick(random, ['candidate', 'pre-candidate', 'follower', 'leader']) });
    if (random.next() < 0.1) picture = withNode(picture, id, { url: pick(random, HOSTILE) });
  }
  const faults = Array.from({ length: random.integer(0, 6) }, (_, i) =>
    fakeFault(
      i + 1,
      pick(random, ['kill n1', 'isolate n2', 'link n1 n2 --drop 1', 'partition n1 / n2,n3', pick(random, HOSTILE)]),
    ),
  );
  return { ...picture, faults, leader: random.next() < 0.3 ? null : (picture.nodes[0]?.id ?? null) };
}

let seq = 0;
function anyEvent(random: Random, wall: number): ClusterEvent {
  seq += 1;
  const told = {
    time: clusterTime(wall - random.integer(0, 3_000)),
    node: random.next() < 0.2 ? null : nodeId(`n${random.integer(1, 6)}`),
  };
  const text = random.next() < 0.3 ? pick(random, HOSTILE) : 'something happened';
  const at = fakePicture(1).term;
  const raft = pick(random, [
    null,
    { type: 'election', term: at, preVote: true, reason: 'silence' },
    { type: 'vote-received', from: nodeId('n2'), term: at, preVote: true, granted: false, refusal: 'leader-is-alive' },
    { type: 'role', role: 'leader', term: at, leader: nodeId('n1'), reason: '' },
  ] as const);
  return fakeEvent(seq, text, {
    ...told,
    kind: pick(random, ['role', 'election', 'fault', 'process', 'note']),
    severity: pick(random, ['info', 'warn', 'error']),
    fault: random.next() < 0.2 ? random.integer(1, 6) : null,
    ...(raft === null ? {} : { raft }),
  });
}

const KEYS = [
  ...'abcdefghijklmnopqrstuvwxyzABDEFGHRTW0123456789 /:?!"\'{}[]<>,.-+_*%=漢é',
  ...['up', 'down', 'left', 'right', 'home', 'end', 'page-up', 'page-down', 'enter', 'escape', 'tab', 'shift-tab'],
  ...['backspace', 'delete', 'ctrl-c', 'ctrl-p', 'ctrl-r', 'ctrl-s', 'ctrl-u', 'ctrl-w', 'ctrl-y', 'ctrl-l', 'alt-b', 'alt-.'],
];

/** What stands in for effects: the past is travelled, everything else gets some answer or none. */
function answer(effect: Effect, traveller: Traveller, random: Random): Message | null {
  switch (effect.type) {
    case 'travel':
      return { type: 'moment', move: effect.move, moment: traveller.go(effect.move) };
    case 'run-line':
    case 'act': {
      const lines = Array.from({ length: random.integer(0, 5) }, () => pick(random, [...HOSTILE, 'one', 'two words']));
      const result = { lines, json: null, exit: pick(random, [0, 1, 3, 4] as const), prose: random.next() < 0.5 };
      return {
        type: 'finished',
        id: effect.id,
        line: effect.line,
        where: effect.where,
        result,
        change: random.next() < 0.5 ? effect.line : null,
      };
    }
    case 'preview':
      return { type: 'previewed', line: effect.line, text: pick(random, HOSTILE), severity: 'warn' };
    case 'complete':
      return {
        type: 'completed',
        line: effect.line,
        completion: {
          from: 0,
          to: effect.cursor,
          candidates: [
            { text: pick(random, HOSTILE), summary: 'x' },
            { text: 'b', summary: '' },
          ],
        },
      };
    case 'await-link-edit':
      return random.next() < 0.5 ? { type: 'link-edit-due', id: effect.id } : null;
    case 'load-key':
      return { type: 'key-detail', id: effect.id, history: null, problem: pick(random, HOSTILE), answers: new Map() };
    case 'load-keys':
      return { type: 'keys-page', request: effect.request, page: { ok: false, problem: pick(random, HOSTILE) } };
    case 'load-log':
      return { type: 'log-page', window: effect.window, loaded: new Map() };
    default:
      return null;
  }
}

describe(`a monkey with seed ${SEED}`, () => {
  it('finds no state that cannot be drawn within the terminal', () => {
    const random = seededRandom(SEED);
    const recording = new Recording(400_000);
    const traveller = new Traveller(recording);
    let state: ConsoleState = consoleState();
    const send = (message: Message): void => {
      const step = update(state, message);
      state = step.state;
      for (const effect of step.effects) {
        if (effect.type === 'present') traveller.return();
        const reply = answer(effect, traveller, random);
        if (reply !== null) send(reply);
      }
    };
    for (let turn = 0; turn < 4_000; turn += 1) {
      const now = state.now + random.integer(0, 400);
      const wall = FAKE_NOW + now;
      const chance = random.next();
      if (chance < 0.08) send({ type: 'resize', size: { columns: random.integer(1, 230), rows: random.integer(1, 70) } });
      else if (chance < 0.2) {
        const picture = anyPicture(random);
        const events = Array.from({ length: random.integer(0, 6) }, () => anyEvent(random, wall));
        recording.append(picture, events, now, wall);
        send({ type: 'data', picture, ownsNodes: random.next() < 0.5, events, dropped: random.integer(0, 2), now, wall });
      } else if (chance < 0.25) send({ type: 'clock', now, wall });
      else if (chance < 0.27) send({ type: 'key', key: { type: 'paste', text: pick(random, HOSTILE) }, now, wall });
      else for (const key of keys(pick(random, KEYS))) send({ type: 'key', key, now, wall });
      const { columns, rows } = state.size;
      const drawn = frameOf(state, random.next() < 0.5 ? UTF8_GLYPHS : ASCII_GLYPHS).rows;
      const told = `turn ${turn}, ${state.view} at ${columns}x${rows}, ${state.overlay?.type ?? 'no overlay'}`;
      expect(drawn.length, told).toBe(rows);
      for (const row of drawn) {
        expect(rowCells(row), `${told}: ${plainText(row)}`).toBeLessThanOrEqual(columns);
        expect(plainText(row), told).not.toMatch(/\p{Cc}/u);
      }
    }
  }, 60_000);

  it(
    `breaks nothing on a terminal in ${SECONDS} s, and gives it back`,
    async () => {
      const random = seededRandom(SEED + 1);
      const end = performance.now() + SECONDS * 1_000;
      let consoles = 0;
      while (performance.now() < end) {
        consoles += 1;
        await play(random, end);
      }
      expect(consoles).toBeGreaterThan(0);
    },
    (SECONDS + 45) * 1_000,
  );
});

/** One console, until it is left or time is up. */
async function play(random: Random, end: number): Promise<void> {
  const driver = sceneDriver();
  for (const text of HOSTILE) driver.kv.set(text, text);
  const bench = new ConsoleBench(driver, 80, 24);
  let over = false;
  void bench.ended.then(() => {
    over = true;
  });
  let checked = 0;
  while (!over && performance.now() < end) {
    const chance = random.next();
    if (chance < 0.05) bench.output.resize(random.integer(1, 220), random.integer(1, 66));
    else if (chance < 0.12) driver.setPicture(anyPicture(random));
    else if (chance < 0.18) driver.emit(anyEvent(random, FAKE_NOW));
    else {
      bench.clock.forward(random.integer(0, 400));
      bench.input.write(Array.from({ length: random.integer(1, 4) }, () => pick(random, BYTES)).join(''));
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
    const rest = strayBytes(bench.output.written.slice(checked));
    // A sequence may be cut at the end of what is written so far.
    if (!/\p{Cc}/u.test(rest)) checked = bench.output.written.length;
    else expect(rest.slice(0, -12), `seed ${SEED}`).not.toMatch(/\p{Cc}/u);
  }
  // Esc out of whatever is open; two Ctrl-C leave from anywhere.
  while (!over) {
    bench.input.write('\x1b');
    await new Promise((resolve) => setTimeout(resolve, 60));
    bench.input.write('\x03');
    bench.input.write('\x03');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const ended = await bench.ended;
  expect(ended.exitCode, `seed ${SEED}: ${ended.reason}`).toBe(0);
  await bench.output.until(() => !bench.output.alternate);
  expect(bench.input.raw).toBe(false);
  expect(driver.listeners).toBe(0);
}

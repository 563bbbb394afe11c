/** The engine: pages that wait, pages read again, parts repeated, a place kept, a lesson left. */
import { expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import type { Lesson, Part, Step } from '../../src/lesson/lesson.ts';
import { NOT_BEGUN, type Progress, readProgress } from '../../src/lesson/progress.ts';
import { LessonRun } from '../../src/lesson/run.ts';
import type { LessonInput, ShownLesson } from '../../src/lesson/shown.ts';
import { languageOf, t } from '../../src/lesson/text.ts';
import { WORDS } from '../../src/lesson/wording.ts';
import { LESSON_KEYS, restore } from '../../src/lesson/workshop.ts';
import { VirtualWorld } from '../../src/scenario/virtual-world.ts';
import { choosing, learn } from '../support/learner.ts';

const text = t('words', '文字');
const open = (): Promise<VirtualWorld> => VirtualWorld.open({ nodes: 3, snapshotEntries: null });

const ASK: Step = {
  type: 'ask',
  id: 'what',
  text,
  choices: [
    { id: 'one', text: t('one', '一'), because: t('not one', '不是一') },
    { id: 'two', text: t('two', '二'), because: null },
  ],
};

function lessonOf(...parts: readonly (readonly Step[])[]): Lesson {
  return {
    name: 'cap',
    title: text,
    summary: text,
    nodes: 3,
    minutes: 1,
    parts: parts.map((steps): Part => ({ title: text, leader: 'n1', steps })),
  };
}

/** Goes on at every page but notes the pages that end in this kind. */
const kinds = (pages: readonly ShownLesson[]): readonly string[] => pages.map(({ kind }) => kind);

it('compares what was predicted with what came, and says what was overlooked', async () => {
  const compare: Step = { type: 'compare', of: 'what', text, outcome: () => ({ choice: 'two', text: t('it was two', '是二') }) };
  const wrong = await learn(lessonOf([ASK, compare]), await open(), { react: choosing(0) });
  expect(wrong.pages.find(({ kind }) => kind === 'outcome')).toMatchObject({
    verdict: 'wrong',
    predicted: 'one',
    because: 'not one',
    text: 'it was two',
  });
  const right = await learn(lessonOf([ASK, compare]), await open(), { react: choosing(1), language: 'zh' });
  expect(right.pages.find(({ kind }) => kind === 'outcome')).toMatchObject({ verdict: 'right', predicted: '二', because: null });
});

it('says so when the run went another way, or when nothing was predicted', async () => {
  const other: Step = { type: 'compare', of: 'what', text, outcome: () => ({ choice: null, text }) };
  const { pages } = await learn(lessonOf([ASK, other]), await open(), { react: choosing(0) });
  expect(pages.find(({ kind }) => kind === 'outcome')).toMatchObject({ verdict: 'other', repeats: true });
  const skipped = await learn(lessonOf([ASK, other]), await open(), {
    react: (page) => (page.kind === 'busy' ? null : { type: 'next' }),
  });
  expect(skipped.pages.find(({ kind }) => kind === 'outcome')).toMatchObject({ verdict: 'none', predicted: null });
});

it('judges a number by its ratio', async () => {
  const guess: Step = { type: 'guess', id: 'ms', text, unit: t('ms', '毫秒'), most: 10_000 };
  const verdicts = [700, 900, 1_100, 470, 460].map(async (guessed) => {
    const compare: Step = { type: 'compare', of: 'ms', text, outcome: () => ({ choice: null, value: 700, text }) };
    const { pages } = await learn(lessonOf([guess, compare]), await open(), { react: choosing(0, guessed) });
    return pages.find(({ kind }) => kind === 'outcome')?.verdict;
  });
  expect(await Promise.all(verdicts)).toEqual(['right', 'close', 'wrong', 'close', 'wrong']);
});

it('leafs back through the pages without undoing anything', async () => {
  const lesson = lessonOf([
    { type: 'explain', text: t('first', '一') },
    { type: 'explain', text: t('second', '二') },
    { type: 'explain', text: t('third', '三') },
  ]);
  const seen: string[] = [];
  const inputs: LessonInput[] = [
    { type: 'next' },
    { type: 'next' },
    { type: 'back' },
    { type: 'back' },
    { type: 'choose', choice: 0 },
    { type: 'next' },
    { type: 'next' },
    { type: 'next' },
    { type: 'next' },
  ];
  const run = new LessonRun({
    lesson,
    world: await open(),
    language: 'en',
    progress: NOT_BEGUN,
    signal: new AbortController().signal,
    onProgress: () => {},
    onShown: ({ text: words, past, kind }) => {
      if (kind === 'busy') return;
      seen.push(past ? `(${words})` : words);
      const input = inputs.shift();
      if (input !== undefined) setImmediate(() => run.input(input));
    },
  });
  await run.run();
  expect(seen.slice(0, 8)).toEqual(['first', 'second', 'third', '(second)', '(first)', '(first)', '(second)', 'third']);
});

it('begins a part as its pages say, whoever came to lead while they were read', async () => {
  const lesson = lessonOf([{ type: 'do', text, deeds: ['expect n1 is leader', 'expect n2 has no entries', 'put lesson:x 1'] }]);
  const world = await open();
  const seen: ShownLesson['kind'][] = [];
  const meddle = async (): Promise<void> => {
    await world.run(world.driver.act({ type: 'transfer', to: nodeId('n2') }));
    await world.until(() => Promise.resolve(world.driver.picture().leader === 'n2'), 5_000);
    run.input({ type: 'next' });
  };
  const run = new LessonRun({
    lesson,
    world,
    language: 'en',
    progress: NOT_BEGUN,
    signal: new AbortController().signal,
    onProgress: () => {},
    onShown: ({ kind }) => {
      if (seen.at(-1) === kind) return;
      seen.push(kind);
      if (kind === 'ready') setImmediate(() => void meddle());
      if (kind === 'done' || kind === 'end') setImmediate(() => run.input({ type: 'next' }));
      if (kind === 'trouble') throw new Error('the deeds did not find the cluster as it was prepared');
    },
  });
  await run.run();
  expect(seen).toEqual(['busy', 'ready', 'busy', 'done', 'end']);
});

it('does a part again from its beginning when it is wished, on a cluster that is whole again', async () => {
  let rounds = 0;
  const lesson = lessonOf([
    { type: 'do', text, deeds: ['isolate n2'] },
    { type: 'compare', of: 'what', text, outcome: () => ({ choice: 'one', text }) },
  ]);
  const world = await open();
  const { pages } = await learn(lesson, world, {
    react: (page) => {
      if (page.kind !== 'outcome') return choosing(0)(page);
      expect(world.driver.picture().faults).toHaveLength(1);
      rounds += 1;
      return { type: rounds === 1 ? 'repeat' : 'next' };
    },
  });
  expect(kinds(pages)).toEqual(['busy', 'busy', 'outcome', 'busy', 'busy', 'outcome', 'end']);
});

it('goes on where it was left: what had been done is done again, what had been asked is not', async () => {
  const lesson = lessonOf(
    [{ type: 'explain', text }],
    [
      ASK,
      { type: 'do', text, deeds: ['put lesson:x 1', 'isolate n2'] },
      { type: 'explain', text: t('here', '这里') },
      {
        type: 'compare',
        of: 'what',
        text,
        outcome: (facts) => ({ choice: facts.answer('put lesson:x') === 'OK' ? 'one' : 'two', text }),
      },
    ],
  );
  const leaving = new AbortController();
  let kept: Progress = NOT_BEGUN;
  const run = new LessonRun({
    lesson,
    world: await open(),
    language: 'en',
    progress: NOT_BEGUN,
    signal: leaving.signal,
    onProgress: (now) => {
      kept = now;
    },
    onShown: (page) => {
      if (page.text === 'here') return leaving.abort();
      const input = choosing(0)(page);
      if (input !== null) setImmediate(() => run.input(input));
    },
  });
  await expect(run.run()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  expect(kept).toMatchObject({ part: 1, step: 2, predictions: { what: 'one' }, done: false });
  const world = await open();
  const again = await learn(lesson, world, {
    react: choosing(1),
    progress: readProgress(JSON.parse(JSON.stringify(kept)), lesson),
  });
  expect(again.pages.map(({ kind, step }) => `${kind} ${step}`)).toEqual(['busy 4', 'explain 4', 'outcome 5', 'end 5']);
  expect(again.pages[2]).toMatchObject({ verdict: 'right', predicted: 'one' });
  expect(world.driver.picture().faults.map(({ command }) => command)).toEqual(['isolate n2']);
});

it('offers to repeat where something does not come about, and names what the cluster would not do', async () => {
  const never = lessonOf([{ type: 'observe', text, until: () => false }]);
  await expect(learn(never, await open(), { react: choosing(0) })).rejects.toThrow('did not come about');
  const refused = lessonOf([{ type: 'do', text, deeds: ['heal 99'] }]);
  await expect(learn(refused, await open(), { react: choosing(0) })).rejects.toThrow('heal 99');
});

it('says that it cannot compare when no event has told', async () => {
  const lesson = lessonOf([ASK, { type: 'compare', of: 'what', text, outcome: () => null }]);
  const { pages } = await learn(lesson, await open(), { react: choosing(0) });
  expect(pages.find(({ kind }) => kind === 'outcome')).toMatchObject({ verdict: 'other', repeats: true });
});

it('leaves the cluster as it was: nothing broken, no key of a lesson', async () => {
  const world = await open();
  await world.run(world.driver.kv.put('mine', '1'));
  const steps: readonly Step[] = [{ type: 'do', text, deeds: ['put lesson:a 1', 'put lesson:b 2', 'kill n3', 'cut n1 n2'] }];
  await learn(lessonOf(steps), world, { react: choosing(0) });
  expect(world.driver.picture().faults).toHaveLength(2);
  await restore(world);
  expect(world.driver.picture().faults).toEqual([]);
  const { kvs } = await world.run(world.driver.kv.range({}));
  expect(kvs.map(({ key }) => key)).toEqual(['mine']);
  expect(LESSON_KEYS).toBe('lesson:');
});

it('believes nothing that is wrong in a file of progress', () => {
  const lesson = lessonOf([ASK, ASK], [ASK]);
  for (const json of [null, 7, 'x', [], { part: -1 }, { part: 5, step: 1.5 }, { part: '1', predictions: 3, verdicts: null }]) {
    expect(readProgress(json, lesson)).toEqual(NOT_BEGUN);
  }
  const odd = {
    part: 1,
    step: 4,
    predictions: { what: 3, else: 'two' },
    verdicts: { what: 'brilliant', else: 'close' },
    done: true,
  };
  expect(readProgress(odd, lesson)).toEqual({
    part: 1,
    step: 0,
    predictions: { else: 'two' },
    verdicts: { else: 'close' },
    done: true,
  });
});

it('speaks the language that is asked for, else that of the environment', () => {
  expect(languageOf('zh', { LANG: 'en_US.UTF-8' })).toBe('zh');
  expect(languageOf(undefined, { LANG: 'zh_CN.UTF-8' })).toBe('zh');
  expect(languageOf(undefined, { LANG: 'zh_CN.UTF-8', LC_ALL: 'de_DE.UTF-8' })).toBe('en');
  expect(languageOf('klingon', { LC_ALL: 'zh_TW' })).toBe('zh');
  expect(languageOf(undefined, {})).toBe('en');
});

it('sums up in whole sentences, however few came true', () => {
  const { score, allRight } = WORDS;
  expect([score(0, 1), score(0, 3), score(2, 3), score(1, 3), allRight(1), allRight(2)].map(({ en }) => en)).toEqual([
    'Your prediction did not come true: that is how one learns something.',
    'None of 3 predictions came true: each of them taught you something.',
    '2 of 3 predictions came true. The other one is what taught you something.',
    '1 of 3 predictions came true. The others are the ones that taught you something.',
    'Your prediction came true.',
    'All 2 predictions came true.',
  ]);
});

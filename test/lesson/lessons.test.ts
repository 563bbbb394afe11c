/** Every lesson goes through, in virtual time, whoever wins and whatever is predicted; and its data is whole. */
import { describe, expect, it } from 'vitest';
import { plainText, rowCells } from '../../src/console/rows.ts';
import { UTF8_GLYPHS } from '../../src/console/theme.ts';
import { lessonPane } from '../../src/console/views/lesson-pane.ts';
import { type Ask, type Guess, LESSON_NAMES, type Lesson, type Step } from '../../src/lesson/lesson.ts';
import { LESSONS } from '../../src/lesson/lessons.ts';
import type { ShownLesson } from '../../src/lesson/shown.ts';
import type { Text } from '../../src/lesson/text.ts';
import { parseCondition } from '../../src/scenario/condition.ts';
import { parseDeed } from '../../src/scenario/deed.ts';
import { VirtualWorld } from '../../src/scenario/virtual-world.ts';
import { choosing, learn } from '../support/learner.ts';

const HAN = /\p{sc=Han}/u;
/** Terminals disagree on the width of these: quotation marks, dashes, dots and arrows outside of ASCII. */
const AMBIGUOUS = /[\u00a1-\u02ff\u2010-\u2bff]/u;
const ASCII = /^[\x20-\x7e]+$/;
/** Rows of text in a pane at 80x24 that leave the view what it needs. */
const MOST_ROWS = 13;

const stepsOf = (lesson: Lesson): readonly Step[] => lesson.parts.flatMap(({ steps }) => steps);

function textsOf(lesson: Lesson): readonly Text[] {
  const ofStep = (step: Step): readonly Text[] => {
    const own = [step.text];
    if (step.type === 'guess') return [...own, step.unit];
    if (step.type !== 'ask' || typeof step.choices === 'function') return own;
    return [...own, ...step.choices.flatMap(({ text, because }) => (because === null ? [text] : [text, because]))];
  };
  return [lesson.title, lesson.summary, ...lesson.parts.map(({ title }) => title), ...stepsOf(lesson).flatMap(ofStep)];
}

function expectBoth({ en, zh }: Text): void {
  expect(en).toMatch(ASCII);
  // What a node answers is the same in every language.
  if (zh !== en) expect(zh).toMatch(HAN);
  expect(zh).not.toMatch(AMBIGUOUS);
}

const isQuestion = (step: Step): step is Ask | Guess => step.type === 'ask' || step.type === 'guess';

it('has the lessons that were promised', () => {
  expect(LESSONS.map(({ name }) => name)).toEqual(LESSON_NAMES);
});

describe.each(LESSONS)('the lesson $name', (lesson) => {
  it('says everything in both languages, in characters of one width everywhere', () => {
    for (const text of textsOf(lesson)) expectBoth(text);
  });

  it('compares each prediction once, after it was asked, and asks with two to four answers', () => {
    for (const { steps } of lesson.parts) {
      const asked = steps.filter(isQuestion).map(({ id }) => id);
      const compared = steps.flatMap((step) => (step.type === 'compare' ? [step.of] : []));
      expect(compared.toSorted()).toEqual(asked.toSorted());
      for (const [i, step] of steps.entries()) {
        if (step.type === 'compare') expect(steps.slice(0, i).some((each) => isQuestion(each) && each.id === step.of)).toBe(true);
      }
    }
    const ids = stepsOf(lesson)
      .filter(isQuestion)
      .map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const step of stepsOf(lesson)) {
      if (step.type !== 'ask' || typeof step.choices === 'function') continue;
      expect(step.choices.length).toBeGreaterThanOrEqual(2);
      expect(step.choices.length).toBeLessThanOrEqual(4);
      expect(new Set(step.choices.map(({ id }) => id)).size).toBe(step.choices.length);
    }
  });

  it('is written in the language of scenarios', () => {
    for (const step of stepsOf(lesson)) {
      if (step.type === 'do') for (const deed of step.deeds) expect(['say', 'cluster']).not.toContain(parseDeed(deed).type);
      if (step.type !== 'observe') continue;
      for (const deed of step.deeds ?? []) parseDeed(deed);
      if (typeof step.until !== 'function') for (const condition of step.until) parseCondition(condition);
    }
  });

  it.each([1, 2, 3, 4])('goes through with seed %i, and every page fits', async (seed) => {
    const world = await VirtualWorld.open({ nodes: lesson.nodes, snapshotEntries: null }, seed);
    const language = seed % 2 === 0 ? 'zh' : 'en';
    const { pages, progress } = await learn(lesson, world, { react: choosing(seed - 1), language });
    const outcomes = pages.filter(({ kind }) => kind === 'outcome');
    const asked = stepsOf(lesson).filter(isQuestion);
    expect(outcomes).toHaveLength(asked.length);
    expect(outcomes.filter(({ verdict }) => verdict === 'none' || verdict === 'other').map(({ text }) => text)).toEqual([]);
    expect(
      outcomes.filter(({ verdict, because }) => verdict === 'wrong' && because === null).map(({ predicted }) => predicted),
    ).toEqual(
      outcomes
        .filter(({ verdict, predicted }) => verdict === 'wrong' && /^\d/.test(predicted ?? ''))
        .map(({ predicted }) => predicted),
    );
    for (const page of pages) {
      if (language === 'zh') expect(page.text).not.toMatch(AMBIGUOUS);
      else expect(page.text).toMatch(ASCII);
      expectToFit(page);
    }
    expect(pages.at(-1)?.kind).toBe('end');
    expect(progress.at(-1)).toMatchObject({ done: true, part: 0, step: 0 });
  });
});

function expectToFit(shown: ShownLesson): void {
  const rows = lessonPane({ shown, typed: '', folded: false }, 80, 20, UTF8_GLYPHS);
  const text = rows.map(plainText);
  const { step, figure } = shown;
  expect(rows.length, `${step}: ${text.join('\n')}`).toBeLessThanOrEqual(figure === null ? MOST_ROWS + 1 : 20);
  expect(text.filter((line) => line.trim() === UTF8_GLYPHS.ellipsis)).toEqual([]);
  expect(rows.filter((row) => rowCells(row) > 80).map(plainText)).toEqual([]);
}

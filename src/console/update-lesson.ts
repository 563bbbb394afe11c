/** A lesson beside the views: its pages come as messages, its keys go to whoever gives it. */
import type { LessonInput, ShownLesson } from '../lesson/shown.ts';
import { PANE_WORDS } from '../lesson/wording.ts';
import { withFlash } from './flash.ts';
import type { Step } from './messages.ts';
import type { ConsoleState, LessonState } from './state.ts';

const MOST_DIGITS = 6;

/** A new page that is about a view opens it, once; from there one may go anywhere. */
export function takeLesson(state: ConsoleState, shown: ShownLesson | null): ConsoleState {
  const before = state.lesson;
  if (shown === null) return over({ ...state, lesson: null }, before);
  if (before?.shown.page === shown.page) return { ...state, lesson: { ...before, shown } };
  const lesson: LessonState = { shown, typed: '', folded: false };
  const opens = shown.scene !== null && !shown.past && state.overlay === null && state.moment === null;
  if (!opens || shown.scene === null || shown.scene === state.view) return { ...state, lesson };
  return { ...state, lesson, view: shown.scene, previous: state.view };
}

/** Who has come to the last page is told where to go from there. */
function over(state: ConsoleState, before: LessonState | null): ConsoleState {
  if (before?.shown.kind !== 'end') return state;
  return withFlash(state, PANE_WORDS.over[before.shown.language], 'info');
}

/** Null for a key that is none of the lesson's now. */
export function lessonKey(state: ConsoleState, name: string | null): Step<ConsoleState> | null {
  const { lesson } = state;
  if (lesson === null || name === null || state.view === 'shell') return null;
  if (name === 'z') return still({ ...state, lesson: { ...lesson, folded: !lesson.folded } });
  if (name === 'Q') return { state, effects: [{ type: 'lesson', input: null }] };
  if (name === 'backspace') {
    if (lesson.typed === '') return told(state, { type: 'back' });
    return still(withTyped(state, lesson, lesson.typed.slice(0, -1)));
  }
  const { shown } = lesson;
  if (name === 'enter')
    return told(state, lesson.typed === '' ? { type: 'next' } : { type: 'guess', value: Number(lesson.typed) });
  if (name === 'r' && shown.repeats) return told(state, { type: 'repeat' });
  if (shown.past) return null;
  if (shown.kind === 'ask') {
    const choice = name.length === 1 ? 'abcd'.indexOf(name) : -1;
    return choice < 0 || choice >= shown.choices.length ? null : told(state, { type: 'choose', choice });
  }
  if (shown.kind === 'guess' && /^[0-9]$/.test(name)) {
    return still(withTyped(state, lesson, `${lesson.typed}${name}`.slice(0, MOST_DIGITS)));
  }
  return null;
}

const still = (state: ConsoleState): Step<ConsoleState> => ({ state, effects: [] });

function told(state: ConsoleState, input: LessonInput): Step<ConsoleState> {
  return { state, effects: [{ type: 'lesson', input }] };
}

function withTyped(state: ConsoleState, lesson: LessonState, typed: string): ConsoleState {
  return { ...state, lesson: { ...lesson, typed } };
}

/** A lesson as it is shown: one page, in the learner's language. The console, the plain run and JSON draw the same. */
import type { Figure } from './figure.ts';
import type { LessonName, Scene } from './lesson.ts';
import type { Language } from './text.ts';

/** `ready`: Enter does it. `busy`: it is being done. `trouble`: it did not come about. */
export type PageKind = 'explain' | 'ask' | 'guess' | 'ready' | 'busy' | 'done' | 'outcome' | 'trouble' | 'end';

export interface ShownDeed {
  readonly text: string;
  readonly state: 'to-do' | 'doing' | 'done';
  /** What it printed. */
  readonly lines: readonly string[];
}

export interface ShownChoice {
  readonly id: string;
  readonly text: string;
}

export interface ShownLesson {
  readonly lesson: LessonName;
  readonly language: Language;
  readonly title: string;
  readonly part: string;
  /** Counted from 1, of all steps of the lesson. */
  readonly step: number;
  readonly of: number;
  /** A new number for each page, not for each change of it. */
  readonly page: number;
  readonly kind: PageKind;
  readonly text: string;
  readonly scene: Scene | null;
  readonly deeds: readonly ShownDeed[];
  /** What is waited for. */
  readonly waiting: string | null;
  readonly choices: readonly ShownChoice[];
  /** The choice that was predicted, or what was typed. */
  readonly chosen: string | null;
  readonly unit: string;
  /** Of an outcome: how the prediction did. `none`: nothing was predicted. `other`: this run went another way. */
  readonly verdict: 'right' | 'wrong' | 'close' | 'none' | 'other' | null;
  readonly predicted: string | null;
  /** Of a wrong one: what was overlooked. */
  readonly because: string | null;
  readonly figure: Figure | null;
  /** The figure's line in the learner's language. */
  readonly caption: string;
  /** This is an earlier page; Enter leads back. */
  readonly past: boolean;
  /** The part can be done again from here. */
  readonly repeats: boolean;
}

export type LessonInput =
  | { readonly type: 'next' | 'back' | 'repeat' }
  | { readonly type: 'choose'; readonly choice: number }
  | { readonly type: 'guess'; readonly value: number };

/** Takes a learner through a lesson on a cluster: one page after the other, each when the learner or the cluster is ready. */
import type { World } from '../scenario/world.ts';
import { Book } from './book.ts';
import {
  type Ask,
  type Choice,
  type Compare,
  choicesOf,
  type Do,
  type Guess,
  type Lesson,
  type Observe,
  type Step,
  type Watch,
} from './lesson.ts';
import { isBegun, type Progress, type Verdict } from './progress.ts';
import type { LessonInput, ShownDeed, ShownLesson } from './shown.ts';
import { type Language, type Text, t } from './text.ts';
import { verdictOf } from './verdict.ts';
import { WORDS } from './wording.ts';
import { Workshop } from './workshop.ts';

export interface LessonStart {
  readonly lesson: Lesson;
  readonly world: World;
  readonly language: Language;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly onShown: (shown: ShownLesson) => void;
  /** A step was reached, or the end. */
  readonly onProgress: (progress: Progress) => void;
}

const PATIENCE_MS = 20_000;
/** How long the events that tell of something may take to arrive once it has happened. */
const TIDINGS_MS = 5_000;

/** The learner wants the part once more. */
class Again extends Error {}

const BLANK = {
  scene: null,
  deeds: [],
  waiting: null,
  choices: [],
  chosen: null,
  unit: '',
  verdict: null,
  predicted: null,
  because: null,
  figure: null,
  caption: '',
  past: false,
  repeats: false,
} as const satisfies Partial<ShownLesson>;

type Fields = Partial<ShownLesson> & Pick<ShownLesson, 'kind'> & { readonly words: Text };

export class LessonRun {
  readonly #start: LessonStart;
  readonly #book: Book;
  readonly #predictions: Record<string, string>;
  readonly #verdicts: Record<string, Verdict>;
  #workshop: Workshop;
  #part = 0;
  #step = 0;
  /** Something has been done to the cluster in this part. */
  #isBegun = false;
  #isDone: boolean;
  #take: ((input: LessonInput) => void) | null = null;
  /** The learner has asked to see the end of what moves. */
  #isHurried = false;

  constructor(start: LessonStart) {
    const { progress } = start;
    this.#start = start;
    this.#book = new Book(start.onShown);
    this.#predictions = { ...progress.predictions };
    this.#verdicts = { ...progress.verdicts };
    this.#isDone = progress.done;
    this.#workshop = new Workshop(start.world);
  }

  get shown(): ShownLesson | null {
    return this.#book.shown;
  }

  input(input: LessonInput): void {
    if (this.#book.leaf(input)) return;
    if (this.#take !== null) this.#take(input);
    else if (input.type === 'next') this.#isHurried = true;
  }

  /** Resolves when the learner has read the last page. Rejects with an AbortError when it is left before. */
  async run(): Promise<void> {
    const { lesson, progress } = this.#start;
    let first = isBegun(progress) ? progress.step : 0;
    for (let part = progress.part; part < lesson.parts.length; ) {
      try {
        await this.#carryOut(part, first);
        part += 1;
      } catch (error) {
        if (!(error instanceof Again)) throw error;
      }
      first = 0;
    }
    this.#isDone = true;
    this.#part = 0;
    this.#step = 0;
    this.#keep();
    await this.#end();
  }

  async #carryOut(place: number, first: number): Promise<void> {
    const { lesson } = this.#start;
    const part = lesson.parts[place];
    if (part === undefined) return;
    this.#part = place;
    this.#step = first;
    this.#turn({ kind: 'busy', words: first > 0 ? WORDS.catchingUp : WORDS.preparing });
    this.#workshop.close();
    this.#workshop = new Workshop(this.#start.world);
    this.#isBegun = false;
    await this.#prepare();
    for (const step of part.steps.slice(0, first)) await this.#replay(step);
    for (const [i, step] of part.steps.entries()) {
      if (i < first) continue;
      this.#step = i;
      this.#keep();
      await this.#carryOutStep(step);
      this.#start.signal.throwIfAborted();
    }
  }

  async #prepare(): Promise<void> {
    const part = this.#start.lesson.parts[this.#part];
    const problem = part === undefined ? null : await this.#workshop.prepare(part);
    this.#start.signal.throwIfAborted();
    if (problem !== null) await this.#trouble(problem);
  }

  /** While the first pages of a part are read somebody else may come to lead, or the learner may have tried something. */
  async #begin(): Promise<void> {
    if (this.#isBegun) return;
    this.#isBegun = true;
    if (!this.#workshop.isAsPrepared) await this.#prepare();
  }

  /** What was done before the lesson was left, without the pauses. */
  async #replay(step: Step): Promise<void> {
    this.#isBegun ||= step.type === 'do';
    if (step.type === 'do') await this.#deeds(step.deeds);
    else if (step.type === 'observe') await this.#await(step);
    else if (step.type === 'watch') {
      this.#isHurried = true;
      for await (const _ of step.play(this.#play())) this.#start.signal.throwIfAborted();
    }
  }

  async #carryOutStep(step: Step): Promise<void> {
    switch (step.type) {
      case 'explain':
        this.#page(step, { kind: 'explain' });
        return this.#enter();
      case 'ask':
        return this.#ask(step);
      case 'guess':
        return this.#guess(step);
      case 'do':
        return this.#do(step);
      case 'observe':
        this.#page(step, { kind: 'busy', waiting: '' });
        return this.#await(step);
      case 'compare':
        return this.#compare(step);
      case 'watch':
        return this.#watch(step);
    }
  }

  async #ask(step: Ask): Promise<void> {
    const choices = choicesOf(step, this.#workshop.facts);
    const shown = choices.map(({ id, text }) => ({ id, text: this.#say(text) }));
    this.#page(step, { kind: 'ask', choices: shown });
    const input = await this.#input(
      (given) => given.type === 'next' || (given.type === 'choose' && given.choice < choices.length),
    );
    const choice = input.type === 'choose' ? choices[input.choice] : undefined;
    if (choice === undefined) delete this.#predictions[step.id];
    else this.#predictions[step.id] = choice.id;
    this.#book.write({ chosen: choice?.id ?? null });
  }

  async #guess(step: Guess): Promise<void> {
    this.#page(step, { kind: 'guess', unit: this.#say(step.unit) });
    const input = await this.#input(({ type }) => type === 'guess' || type === 'next');
    if (input.type === 'guess') this.#predictions[step.id] = String(Math.min(step.most, input.value));
    else delete this.#predictions[step.id];
    this.#book.write({ chosen: this.#predictions[step.id] ?? null });
  }

  async #do(step: Do): Promise<void> {
    const deeds = step.deeds.map((text): ShownDeed => ({ text, state: 'to-do', lines: [] }));
    this.#page(step, { kind: 'ready', deeds });
    await this.#enter();
    this.#book.write({ kind: 'busy' });
    await this.#begin();
    await this.#deeds(step.deeds, deeds);
    if (this.#goesOnByItself()) return;
    this.#book.write({ kind: 'done' });
    await this.#enter();
  }

  /** What is waited for and compared follows by itself. */
  #goesOnByItself(): boolean {
    const next = this.#start.lesson.parts[this.#part]?.steps[this.#step + 1];
    return next?.type === 'observe' || next?.type === 'compare';
  }

  async #deeds(deeds: readonly string[], shown: readonly ShownDeed[] | null = null): Promise<void> {
    const list = [...(shown ?? [])];
    const mark = (place: number, change: Partial<ShownDeed>): void => {
      const deed = list[place];
      if (deed === undefined) return;
      list[place] = { ...deed, ...change };
      this.#book.write({ deeds: [...list] });
    };
    for (const [i, deed] of deeds.entries()) {
      mark(i, { state: 'doing' });
      const { lines, problem } = await this.#workshop.play(deed);
      this.#start.signal.throwIfAborted();
      // What a log looks like stands in the view; here it is for the outcome.
      mark(i, { state: 'done', lines: deed.startsWith('show ') ? [] : lines });
      if (problem !== null) await this.#trouble(`${deed}: ${problem}`);
    }
  }

  async #await(step: Observe): Promise<void> {
    const { until } = step;
    if (typeof until === 'function') {
      if (!(await this.#workshop.until(until, PATIENCE_MS))) await this.#trouble(null);
    } else {
      for (const condition of until) {
        this.#book.write({ waiting: condition });
        const { problem } = await this.#workshop.play(`wait until ${condition}`);
        this.#start.signal.throwIfAborted();
        if (problem !== null) await this.#trouble(null);
      }
    }
    await this.#deeds(step.deeds ?? []);
  }

  async #compare(step: Compare): Promise<void> {
    const { facts } = this.#workshop;
    await this.#workshop.until(() => step.outcome(facts) !== null, TIDINGS_MS);
    const outcome = step.outcome(facts);
    if (outcome === null) {
      this.#page(step, { kind: 'outcome', words: WORDS.unseen, verdict: 'other', repeats: true });
      return this.#enter();
    }
    const asked = this.#questionOf(step.of);
    const predicted = this.#predictions[step.of] ?? null;
    const choices = asked?.type === 'ask' ? choicesOf(asked, facts) : [];
    const choice: Choice | undefined = choices.find(({ id }) => id === predicted);
    const verdict = verdictOf(outcome, predicted);
    if (verdict !== 'none') this.#verdicts[step.of] = verdict;
    this.#keep();
    this.#page(step, {
      kind: 'outcome',
      words: outcome.text,
      verdict,
      repeats: true,
      predicted: predicted === null ? null : choice === undefined ? this.#withUnit(asked, predicted) : this.#say(choice.text),
      because: verdict === 'wrong' && choice?.because != null ? this.#say(choice.because) : null,
    });
    await this.#enter();
  }

  #questionOf(id: string): Ask | Guess | undefined {
    const steps = this.#start.lesson.parts.flatMap((part) => part.steps);
    return steps.find((step): step is Ask | Guess => (step.type === 'ask' || step.type === 'guess') && step.id === id);
  }

  #withUnit(asked: Ask | Guess | undefined, number: string): string {
    return asked?.type === 'guess' ? `${number} ${this.#say(asked.unit)}` : number;
  }

  async #watch(step: Watch): Promise<void> {
    this.#isHurried = false;
    this.#page(step, { kind: 'busy' });
    for await (const figure of step.play(this.#play())) {
      this.#start.signal.throwIfAborted();
      const rows = (this.#start.language === 'zh' ? figure.zh : undefined) ?? figure.rows;
      this.#book.write({ figure: { rows, caption: figure.caption }, caption: this.#say(figure.caption) });
    }
    this.#book.write({ kind: 'done' });
    await this.#enter();
  }

  #play(): Parameters<Watch['play']>[0] {
    const { world, signal } = this.#start;
    const breathe = (ms: number): Promise<void> => (this.#isHurried ? Promise.resolve() : world.pass(ms));
    return { world, facts: this.#workshop.facts, signal, breathe };
  }

  /** `problem` null: what was waited for did not come. Only a repetition leads on from here. */
  async #trouble(problem: string | null): Promise<never> {
    const { failed, notYet } = WORDS;
    const words =
      problem === null ? notYet : t(`${failed.en} (${problem}). ${notYet.en}`, `${failed.zh}（${problem}）。${notYet.zh}`);
    this.#turn({ kind: 'trouble', words, repeats: true });
    await this.#input(() => false);
    throw new Again();
  }

  async #end(): Promise<void> {
    const verdicts = Object.values(this.#verdicts);
    const right = verdicts.filter((each) => each === 'right' || each === 'close').length;
    const score =
      verdicts.length === 0
        ? WORDS.noneAsked
        : right === verdicts.length
          ? WORDS.allRight(right)
          : WORDS.score(right, verdicts.length);
    this.#turn({ kind: 'end', words: score, part: this.#say(WORDS.end) });
    await this.#enter();
  }

  #page(step: Step, fields: Omit<Fields, 'words'> & { readonly words?: Text }): void {
    this.#turn({ words: step.text, scene: step.scene ?? null, ...fields });
  }

  #turn({ words, ...fields }: Fields): void {
    const { lesson, language } = this.#start;
    const before = lesson.parts.slice(0, this.#part).reduce((sum, { steps }) => sum + steps.length, 0);
    const of = lesson.parts.reduce((sum, { steps }) => sum + steps.length, 0);
    this.#book.turn({
      ...BLANK,
      lesson: lesson.name,
      language,
      title: this.#say(lesson.title),
      part: this.#say(lesson.parts[this.#part]?.title ?? lesson.title),
      step: fields.kind === 'end' ? of : before + this.#step + 1,
      of,
      text: this.#say(words),
      ...fields,
    });
  }

  #say(text: Text): string {
    return text[this.#start.language];
  }

  #enter(): Promise<void> {
    return this.#input(({ type }) => type === 'next').then(() => {});
  }

  /** The next input of this sort. A wish to repeat, where the page offers it, and the end of the lesson come as errors. */
  #input(isWanted: (input: LessonInput) => boolean): Promise<LessonInput> {
    const { signal } = this.#start;
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void => {
        this.#take = null;
        signal.removeEventListener('abort', abort);
        run();
      };
      const abort = (): void => settle(() => reject(signal.reason));
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      this.#take = (input) => {
        if (input.type === 'repeat' && this.#book.shown?.repeats === true) settle(() => reject(new Again()));
        else if (isWanted(input)) settle(() => resolve(input));
      };
    });
  }

  #keep(): void {
    const { onProgress } = this.#start;
    onProgress({
      part: this.#part,
      step: this.#step,
      predictions: { ...this.#predictions },
      verdicts: { ...this.#verdicts },
      done: this.#isDone,
    });
  }
}

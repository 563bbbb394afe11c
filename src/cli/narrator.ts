/** Puts a story's sentences into the console: on its line of narration, and among the events. */
import type { ClusterDriver, ClusterEvent } from '../cluster/driver.ts';
import type { Audience } from '../scenario/run.ts';
import type { Sentence } from '../scenario/script.ts';
import { readingPace } from './scenario-pace.ts';

type Show = (text: string | null) => void;
type Listener = (event: ClusterEvent) => void;

/** Beside the text. */
const MARGIN = 3;
const LEAST_WIDTH = 30;

export class Narrator {
  readonly #columns: () => number;
  readonly #speed: number;
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<Listener>();
  readonly #notes: ClusterEvent[] = [];
  #show: Show = () => {};
  #line: string | null = null;
  #seq = 0;

  /** `signal` ends the pauses. */
  constructor(columns: () => number, speed: number, signal: AbortSignal) {
    this.#columns = columns;
    this.#speed = speed;
    this.#signal = signal;
  }

  readonly audience: Audience = {
    onSentence: (sentence) => this.#tell(sentence),
    onOutput: (lines) => {
      for (const line of lines) this.#note(`  ${line}`);
    },
    onParagraph: (lines) => this.#read(lines.join('  '), false),
  };

  /** For the console. */
  readonly narration = (show: Show): (() => void) => {
    this.#show = show;
    show(this.#line);
    return () => {
      this.#show = () => {};
    };
  };

  /** The cluster's events with the story among them; numbered anew, so that no two have the same number. */
  eventsOf(driver: ClusterDriver): ClusterDriver['onEvent'] {
    return (listener) => {
      for (const note of this.#notes) listener(note);
      this.#listeners.add(listener);
      const end = driver.onEvent((event) => listener({ ...event, seq: this.#next() }));
      return () => {
        this.#listeners.delete(listener);
        end();
      };
    };
  }

  /** `failure` null: all went as it is written. */
  end(failure: Error | null): void {
    const [first = ''] = (failure?.message ?? 'The story has ended, and went as it is written. q leaves.').split('\n');
    this.#say(first);
    this.#note(first, failure === null ? 'info' : 'error');
  }

  async #tell(sentence: Sentence): Promise<void> {
    this.#signal.throwIfAborted();
    const { deed, text } = sentence;
    if (deed.type !== 'say') {
      this.#say(`> ${text}`);
      return;
    }
    this.#note(deed.text);
    await this.#read(deed.text, deed.asks);
  }

  /** Line by line, each for as long as it takes to read it. */
  async #read(text: string, asks: boolean): Promise<void> {
    const lines = folded(text, Math.max(LEAST_WIDTH, this.#columns() - MARGIN));
    for (const [i, line] of lines.entries()) {
      this.#say(line);
      await readingPace(this.#speed)(line, asks && i === lines.length - 1, this.#signal);
    }
  }

  #say(text: string): void {
    this.#line = text;
    this.#show(text);
  }

  #note(text: string, severity: ClusterEvent['severity'] = 'info'): void {
    const event: ClusterEvent = { seq: this.#next(), time: Date.now(), node: null, kind: 'note', severity, text, fault: null };
    this.#notes.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }
}

/** Broken between words. */
export function folded(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Holds the state, runs the reducer, and tells the renderer only when the screen really differs. */
import type { Effect, Message } from './messages.ts';
import type { ConsoleState } from './state.ts';
import { update } from './update.ts';

export interface Screen {
  /** One painted string for each row of the terminal. */
  readonly lines: readonly string[];
  readonly cursor: { readonly x: number; readonly y: number } | null;
}

export class Store {
  #state: ConsoleState;
  #screen: Screen;
  readonly #draw: (state: ConsoleState) => Screen;
  readonly #carryOut: (effect: Effect) => void;
  readonly #listeners = new Set<() => void>();

  constructor(state: ConsoleState, draw: (state: ConsoleState) => Screen, carryOut: (effect: Effect) => void) {
    this.#state = state;
    this.#draw = draw;
    this.#carryOut = carryOut;
    this.#screen = draw(state);
  }

  get state(): ConsoleState {
    return this.#state;
  }

  /** Several messages make one frame. */
  dispatch(...messages: readonly Message[]): void {
    this.take(...messages);
    this.#refresh();
  }

  /** Changes the state, and leaves drawing it to whoever comes next. */
  take(...messages: readonly Message[]): void {
    const effects: Effect[] = [];
    for (const message of messages) {
      const step = update(this.#state, message);
      this.#state = step.state;
      effects.push(...step.effects);
    }
    for (const effect of effects) this.#carryOut(effect);
  }

  // The two below are handed to useSyncExternalStore and must keep their `this`.
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly screen = (): Screen => this.#screen;

  #refresh(): void {
    const next = this.#draw(this.#state);
    if (isSame(next, this.#screen)) return;
    this.#screen = next;
    for (const listener of this.#listeners) listener();
  }
}

function isSame(a: Screen, b: Screen): boolean {
  return (
    a.cursor?.x === b.cursor?.x &&
    a.cursor?.y === b.cursor?.y &&
    a.lines.length === b.lines.length &&
    a.lines.every((line, i) => line === b.lines[i])
  );
}

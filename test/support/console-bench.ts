/** The whole console on a terminal without a window: keys in as bytes, screens out as text. */

import type { ClusterDriver } from '../../src/cluster/driver.ts';
import type { Clockwork } from '../../src/console/feed.ts';
import { type ConsoleEnd, type ConsoleOptions, runConsole } from '../../src/console/run.tsx';
import { FAKE_NOW } from './fake-picture.ts';
import { FakeInput, FakeOutput } from './screen.ts';

/** Timers run, time stands: ages on the screen stay what they are. */
export class StandingClock implements Clockwork {
  #now = 0;
  #passed = 0;
  now(): number {
    return this.#now;
  }
  wall(): number {
    return FAKE_NOW + this.#passed;
  }
  forward(ms: number): void {
    this.#now += ms;
  }
  /** Time goes by for the wall clock as well. */
  pass(ms: number): void {
    this.#passed += ms;
    this.#now += ms;
  }
  after(delayMs: number, run: () => void): () => void {
    const timer = setTimeout(run, Math.min(delayMs, 20));
    return () => clearTimeout(timer);
  }
}

export class ConsoleBench {
  readonly input: FakeInput = new FakeInput();
  readonly output: FakeOutput;
  readonly clock: StandingClock = new StandingClock();
  readonly ended: Promise<ConsoleEnd>;

  constructor(driver: ClusterDriver, columns: number, rows: number, options: Partial<ConsoleOptions> = {}) {
    this.output = new FakeOutput(columns, rows);
    this.ended = runConsole(driver, {
      ascii: false,
      theme: 'dark',
      noColor: false,
      historyFile: null,
      stdin: this.input,
      stdout: this.output,
      clockwork: this.clock,
      ...options,
    });
  }

  /** Sends bytes as a terminal would and waits until the screen is as wanted. */
  async type(bytes: string, wanted: (text: string) => boolean, afterMs = 50): Promise<string> {
    this.clock.forward(afterMs);
    this.input.write(bytes);
    return this.output.until(wanted);
  }
}

export const has =
  (...parts: readonly string[]) =>
  (text: string): boolean =>
    parts.every((part) => text.includes(part));

/** Opens the console on a cluster and closes it again, whatever happens: the terminal is always given back. */
import type { ClusterDriver } from '../cluster/driver.ts';
import { Recording } from '../cluster/recording/recording.ts';
import { saveRecording } from '../cluster/recording/recording-file.ts';
import { type ThemeName, UsageError } from '../commands/command.ts';
import { History } from '../commands/history.ts';
import type { EditKey } from '../commands/line-editor.ts';
import type { LessonInput, ShownLesson } from '../lesson/shown.ts';
import type { TortureTold } from '../torture/progress.ts';
import { App, type MountedApp } from './app.tsx';
import { crashCard } from './crash-card.ts';
import { Effects } from './effects.ts';
import { type Clockwork, dataInterval, REAL_CLOCKWORK, startFeed } from './feed.ts';
import { frameOf } from './frame.ts';
import { render } from './ink.ts';
import type { Keymap } from './keymap.ts';
import type { Metrics } from './metrics.ts';
import { initialState, type Size } from './state.ts';
import { type Screen, Store } from './store.ts';
import { ASCII_GLYPHS, paint, themeFor, UTF8_GLYPHS } from './theme.ts';
import { Traveller } from './traveller.ts';
import type { Trials } from './trials.ts';

export interface ConsoleOptions {
  readonly ascii: boolean;
  readonly theme: ThemeName;
  readonly noColor: boolean;
  /** The keys that somebody has chosen, and what was wrong with the choice. */
  readonly keys?: { readonly keymap: Keymap; readonly problems: readonly string[] };
  /** Null keeps the history in memory. */
  readonly historyFile: string | null;
  /** False: nothing is changed until somebody says so. Default true. */
  readonly writable?: boolean;
  /** Tells a story: is given where each of its lines goes, and returns what ends it. */
  readonly narration?: (show: (text: string | null) => void) => () => void;
  /** Lessons can be begun here. */
  readonly lessons?: LessonRoom;
  /** A run that tortures this cluster: told as above. The console then opens on its checks, and only looks. */
  readonly torture?: (show: (told: TortureTold) => void) => () => void;
  /** A recording that is looked at; the driver is then that of its end. */
  readonly replay?: { readonly recording: Recording; readonly metrics: Metrics; readonly trials: Trials };
  /** The terminal; by default the one of this process. */
  readonly stdin?: TerminalInput;
  readonly stdout?: TerminalOutput;
  readonly clockwork?: Clockwork;
}

/** Whoever gives lessons in this console. */
export interface LessonRoom {
  /** Is given where each page goes, null for none, and returns what ends that. */
  readonly show: (show: (shown: ShownLesson | null) => void) => () => void;
  readonly input: (input: LessonInput) => void;
  /** Resolves when the cluster is as it was before. */
  readonly leave: () => Promise<void>;
  /** Begins a lesson; `ls` lists them. Rejects with a UsageError where it cannot be given on this cluster. */
  readonly open: (name: string) => Promise<string>;
}

export type TerminalInput = NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode(raw: boolean): unknown };
export type TerminalOutput = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns: number;
  readonly rows: number;
};

/** `reason` is for people, to be printed after the terminal is back. */
export interface ConsoleEnd {
  readonly exitCode: number;
  readonly reason: string;
}

const EXIT_CRASH = 70;
const SIGNALS = { SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Shows the cluster until it is left. Never rejects. The caller closes the driver afterwards; `detach` has been called on
 * it when the nodes are to run on.
 */
export async function runConsole(driver: ClusterDriver, options: ConsoleOptions): Promise<ConsoleEnd> {
  const stdin = options.stdin ?? process.stdin;
  const stdout = options.stdout ?? process.stdout;
  if (!stdin.isTTY || !stdout.isTTY) {
    return { exitCode: 2, reason: 'The console needs a terminal for input and output. Without one, use status, get, put or sh.' };
  }
  return new Promise((resolve) => {
    const session = new Session(driver, options, stdin, stdout, resolve);
    session.open();
  });
}

class Session {
  readonly #driver: ClusterDriver;
  readonly #stdin: TerminalInput;
  readonly #stdout: TerminalOutput;
  readonly #clockwork: Clockwork;
  readonly #narration: ConsoleOptions['narration'] | null;
  readonly #torture: ConsoleOptions['torture'] | null;
  readonly #lessons: LessonRoom | null;
  readonly #resolve: (end: ConsoleEnd) => void;
  readonly #store: Store;
  readonly #recording: Recording;
  readonly #traveller: Traveller;
  readonly #replay: boolean;
  readonly #effects: Effects;
  #app: MountedApp | null = null;
  /** What drawing has cost lately, in milliseconds: a slow machine or a huge screen gets fewer frames, not a hot fan. */
  #frameCostMs = 0;
  #drawCostMs = 0;
  #ended = false;
  /** The screen is left to others now; when it is back. */
  #isAway = false;
  #away: Promise<void> = Promise.resolve();
  #exited: Promise<void> = Promise.resolve();
  readonly #cleanups: (() => void)[] = [];
  /** Signal handlers go last: Ink's own would kill the process at once if it found itself alone. */
  readonly #lastCleanups: (() => void)[] = [];

  constructor(
    driver: ClusterDriver,
    options: ConsoleOptions,
    stdin: TerminalInput,
    stdout: TerminalOutput,
    resolve: (end: ConsoleEnd) => void,
  ) {
    this.#driver = driver;
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#resolve = resolve;
    this.#clockwork = options.clockwork ?? REAL_CLOCKWORK;
    this.#narration = options.narration ?? null;
    this.#torture = options.torture ?? null;
    this.#lessons = options.lessons ?? null;
    this.#recording = options.replay?.recording ?? new Recording();
    this.#replay = options.replay !== undefined;
    this.#traveller = new Traveller(this.#recording);
    const history = new History(options.historyFile);
    this.#effects = new Effects({
      driver,
      history,
      dispatch: (message) => this.#guarded(() => this.#store.dispatch(message)),
      quit: (detach) => this.#quit(detach),
      suspend: () => void this.#suspend(),
      redraw: () => this.#redraw(),
      lesson: (input) => this.#lesson(input),
      openLesson: (name) => this.#openLesson(name),
      state: () => this.#store.state,
      traveller: this.#traveller,
      record: (event) => this.#recording.append(this.#driver.picture(), [event], this.#clockwork.now(), this.#clockwork.wall()),
      saveRecording: (file) => this.#saveRecording(file),
    });
    const glyphs = options.ascii ? ASCII_GLYPHS : UTF8_GLYPHS;
    const draw = (state: Parameters<typeof frameOf>[0]): Screen => {
      const from = performance.now();
      const { rows, cursor } = frameOf(state, glyphs);
      const lines = rows.map((row) => paint(row, themeFor(state.theme, options.noColor)));
      this.#drawCostMs += (performance.now() - from - this.#drawCostMs) / 8;
      return { lines, cursor };
    };
    const start = initialState({
      size: { columns: stdout.columns, rows: stdout.rows },
      picture: driver.picture(),
      capabilities: driver.capabilities,
      ownsNodes: driver.ownsNodes,
      replay: this.#replay,
      writable: options.writable !== false && options.torture === undefined,
      tortured: options.torture !== undefined,
      theme: options.theme,
      ...(options.keys === undefined ? {} : { keymap: options.keys.keymap }),
      ...(options.replay === undefined ? {} : { metrics: options.replay.metrics, trials: options.replay.trials }),
      history: history.lines,
      now: this.#clockwork.now(),
      wall: this.#clockwork.wall(),
    });
    this.#store = new Store(start, draw, (effect) => this.#effects.carryOut(effect));
    const [problem] = options.keys?.problems ?? [];
    if (problem !== undefined) this.#store.dispatch({ type: 'flash', text: problem, severity: 'warn' });
  }

  open(): void {
    this.#guarded(() => this.#start());
  }

  #start(): void {
    this.#listen();
    // Ink turns the echo off only after its first frame: a key pressed before would be printed into it.
    this.#stdin.setRawMode(true);
    this.#cleanups.push(() => this.#stdin.setRawMode(false));
    const app = (
      <App
        store={this.#store}
        onKeys={this.#takeKeys}
        onSize={this.#takeSize}
        onMounted={(mounted) => {
          this.#app = mounted;
        }}
      />
    );
    const ink = render(app, {
      stdin: this.#stdin,
      stdout: this.#stdout,
      alternateScreen: true,
      incrementalRendering: true,
      // Data keeps its own pace, and a key waits for nothing.
      maxFps: 1_000,
      onRender: ({ renderTime }) => {
        this.#frameCostMs += (renderTime - this.#frameCostMs) / 8;
      },
      exitOnCtrlC: false,
      // A stray console.log may not tear the screen, where the screen is that of this process.
      patchConsole: this.#stdout === process.stdout,
      // Ink takes CI=anything for "no terminal"; ours has been looked at already.
      interactive: true,
    });
    this.#cleanups.push(() => ink.unmount());
    this.#exited = ink.waitUntilExit().then(
      () => this.#end({ exitCode: 0, reason: '' }),
      (error: unknown) => this.#crash(error),
    );
    if (this.#replay) this.#store.dispatch({ type: 'moment', move: 'end', moment: this.#traveller.go('end') });
    else this.#feed();
  }

  #feed(): void {
    const record = this.#recording.append.bind(this.#recording);
    this.#cleanups.push(
      startFeed(this.#driver, this.#store, this.#clockwork, () => dataInterval(this.#frameCostMs + this.#drawCostMs), record),
    );
    const ends = [
      this.#narration?.((text) => this.#guarded(() => this.#store.dispatch({ type: 'narration', text }))),
      this.#lessons?.show((shown) => this.#guarded(() => this.#store.dispatch({ type: 'lesson', shown }))),
      this.#torture?.((told) => this.#guarded(() => this.#store.dispatch({ type: 'torture', told }))),
    ];
    this.#cleanups.push(...ends.filter((end) => end !== undefined));
  }

  #lesson(input: LessonInput | null): void {
    if (input === null) void this.#lessons?.leave();
    else this.#lessons?.input(input);
  }

  async #openLesson(name: string | null): Promise<string> {
    if (this.#lessons === null)
      throw new UsageError('no lesson can be given in this console', {
        next: 'raftkv-tui learn gives one on a cluster of its own',
      });
    if (name !== null) return this.#lessons.open(name);
    await this.#lessons.leave();
    return 'the lesson is left';
  }

  async #saveRecording(file: string | null): Promise<string> {
    const { name } = this.#store.state.picture;
    const wall = this.#clockwork.wall();
    const stamp = new Date(wall).toISOString().slice(0, 19).replaceAll(':', '-');
    const path = file ?? `raftkv-${name}-${stamp}.ndjson`;
    await saveRecording(this.#recording, path, name, wall);
    return path;
  }

  readonly #takeKeys = (keys: readonly EditKey[]): void => {
    const now = this.#clockwork.now();
    const wall = this.#clockwork.wall();
    this.#guarded(() => this.#store.dispatch(...keys.map((key) => ({ type: 'key', key, now, wall }) as const)));
  };

  readonly #takeSize = (size: Size): void => this.#guarded(() => this.#store.dispatch({ type: 'resize', size }));

  /** A fault in the reducer or in a view is ours: it ends the console in order, not the terminal. */
  #guarded(run: () => void): void {
    if (this.#ended) return;
    try {
      run();
    } catch (error) {
      this.#crash(error);
    }
  }

  #listen(): void {
    const crash = (error: unknown): void => this.#crash(error);
    process.on('uncaughtException', crash);
    process.on('unhandledRejection', crash);
    this.#cleanups.push(() => {
      process.off('uncaughtException', crash);
      process.off('unhandledRejection', crash);
    });
    for (const [signal, exitCode] of Object.entries(SIGNALS)) {
      const onSignal = (): void => this.#end({ exitCode, reason: `Ended by ${signal}.` });
      process.on(signal, onSignal);
      this.#lastCleanups.push(() => process.off(signal, onSignal));
    }
  }

  #quit(detach: boolean): void {
    const { name } = this.#store.state.picture;
    const owned = this.#driver.ownsNodes;
    if (detach) this.#driver.detach();
    this.#end({
      exitCode: 0,
      reason: detach && owned ? `${name} runs on: raftkv-tui attach opens it, raftkv-tui stop ends it.` : '',
    });
  }

  async #suspend(): Promise<void> {
    if (this.#app === null || process.platform === 'win32') return;
    const stopped = this.#clockwork.wall();
    await this.#leaveScreen(
      () =>
        new Promise((resolve) => {
          process.once('SIGCONT', () => resolve());
          process.kill(0, 'SIGTSTP');
        }),
    );
    // A resize while stopped went unnoticed.
    process.emit('SIGWINCH', 'SIGWINCH');
    const seconds = Math.round((this.#clockwork.wall() - stopped) / 1_000);
    this.#guarded(() =>
      this.#store.dispatch({ type: 'flash', text: `Back after ${seconds} s; the nodes went on.`, severity: 'info' }),
    );
  }

  /** Whatever another program wrote over the screen goes. */
  #redraw(): void {
    if (!this.#isAway) void this.#leaveScreen(() => Promise.resolve());
  }

  /** One after the other: Ink refuses to leave a screen that it has left. */
  #leaveScreen(during: () => Promise<void>): Promise<void> {
    this.#isAway = true;
    this.#away = this.#away
      .then(() => (this.#ended ? undefined : this.#app?.suspend(during)))
      .catch((error: unknown) => this.#crash(error))
      .finally(() => {
        this.#isAway = false;
      });
    return this.#away;
  }

  #crash(error: unknown): void {
    if (this.#ended) return;
    let card: string;
    try {
      card = crashCard(error, this.#store.state);
    } catch {
      card = crashCard(error, null);
    }
    this.#end({ exitCode: EXIT_CRASH, reason: card });
  }

  #end(end: ConsoleEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#effects.cancel();
    for (const cleanup of this.#cleanups.reverse()) cleanup();
    // The last bytes that give the terminal back must be out before anyone else writes to it.
    void this.#exited.then(() => {
      for (const cleanup of this.#lastCleanups) cleanup();
      this.#resolve(end);
    });
  }
}

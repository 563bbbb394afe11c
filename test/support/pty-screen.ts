/** A program on a real pseudo-terminal, its screen read through a real terminal parser. */
import { resolve } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

const PATIENCE_MS = 20_000;
const ROOT = resolve(import.meta.dirname, '../..');

export class PtyScreen {
  readonly #pty: IPty;
  readonly #terminal: xterm.Terminal;
  readonly #watchers = new Set<() => void>();
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  #done = false;
  #written = '';

  /** Runs the built program with these arguments. */
  constructor(args: readonly string[], home: string, columns = 80, rows = 24) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1_000 });
    this.#pty = spawn(process.execPath, [resolve(ROOT, 'bin/raftkv-tui.js'), ...args], {
      name: 'xterm-256color',
      cols: columns,
      rows,
      cwd: home,
      env: {
        ...process.env,
        RAFTKV_HOME: home,
        XDG_STATE_HOME: home,
        XDG_CONFIG_HOME: home,
        LANG: 'C.UTF-8',
        LC_ALL: 'C.UTF-8',
        TERM: 'xterm-256color',
        CI: 'true',
      },
    });
    this.#pty.onData((data) => {
      this.#written += data;
      this.#terminal.write(data, () => this.#look());
    });
    this.exited = new Promise((done) => {
      this.#pty.onExit(({ exitCode }) => {
        this.#done = true;
        done(exitCode);
      });
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Everything that came, as it came, since this was asked for last. */
  takeWritten(): string {
    const written = this.#written;
    this.#written = '';
    return written;
  }

  get text(): string {
    return this.lines().join('\n');
  }

  lines(): readonly string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '');
  }

  /** True while a full-screen program has the terminal. */
  get alternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get bracketedPaste(): boolean {
    return this.#terminal.modes.bracketedPasteMode;
  }

  /** Resolves when everything that came is on the screen. */
  flushed(): Promise<void> {
    return new Promise((resolve) => this.#terminal.write('', resolve));
  }

  keys(bytes: string): void {
    this.#pty.write(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Resolves as soon as the screen is as wanted; rejects with the screen when it is not within `patienceMs`. */
  until(wanted: (text: string) => boolean, patienceMs = PATIENCE_MS): Promise<string> {
    if (wanted(this.text)) return Promise.resolve(this.text);
    return new Promise((found, failed) => {
      const limit = setTimeout(() => failed(new Error(`the screen never was as wanted, but:\n${this.text}`)), patienceMs);
      const watcher = (): void => {
        if (!wanted(this.text)) return;
        clearTimeout(limit);
        this.#watchers.delete(watcher);
        found(this.text);
      };
      this.#watchers.add(watcher);
    });
  }

  /** Presses a key and waits for what it should bring. */
  async press(bytes: string, wanted: (text: string) => boolean): Promise<string> {
    this.keys(bytes);
    return this.until(wanted);
  }

  /** For the end of a test: nothing stays behind. */
  async close(): Promise<void> {
    if (!this.#done) this.#pty.kill('SIGTERM');
    await this.exited;
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** Answers a question until it is taken: in the first moment an answer counts as a key that is still held down. */
export async function answer<T>(screen: PtyScreen, key: string, outcome: Promise<T>): Promise<T> {
  screen.keys(key);
  const again = setInterval(() => screen.keys(key), 20);
  try {
    return await outcome;
  } finally {
    clearInterval(again);
  }
}

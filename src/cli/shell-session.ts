/** A person at a terminal: prompt, line editor, completion, history, results. One line of the screen is ours, no more. */

import stringWidth from 'string-width';
import { safe } from '../base/safe.ts';
import type { ClusterDriver } from '../cluster/driver.ts';
import type { CommandContext, CommandResult, LastFailure, OutputControl, ResultPart } from '../commands/command.ts';
import { argumentHint, commonBeginning, complete, ghostText } from '../commands/completion.ts';
import type { Consequence } from '../commands/consequence.ts';
import { refusalOf } from '../commands/failure.ts';
import { History } from '../commands/history.ts';
import { clearLine, type EditKey, EMPTY_LINE, editLine, type LineState, withText } from '../commands/line-editor.ts';
import { outputControl } from '../commands/output.ts';
import { terminalLines } from '../commands/render-result.ts';
import { prepareLine } from '../commands/run-line.ts';
import { TerminalKeys } from '../commands/terminal-keys.ts';
import { wrapHanging } from '../console/width.ts';
import type { CliIo, Globals } from './io.ts';
import { dim } from './print.ts';
import { greyBehind, inColumns, promptText, searchPrompt, visiblePart } from './shell-view.ts';

const PASTE_ON = '\x1b[?2004h';
const PASTE_OFF = '\x1b[?2004l';
const ESCAPE_MS = 60;
const MOST_TYPED_AHEAD = 4_096;
const MOST_UNSAID = 256;

export interface ShellLimits extends Pick<CommandContext, 'readOnly'> {
  /** A screen reader reads what is written: nothing is suggested in grey, and a line is not drawn anew while it only grows. */
  readonly spoken?: boolean;
}

export class ShellSession {
  readonly #io: CliIo;
  readonly #color: boolean;
  readonly #driver: ClusterDriver;
  readonly #history: History;
  readonly #limits: Pick<CommandContext, 'readOnly'>;
  readonly #spoken: boolean;
  readonly #keys = new TerminalKeys();
  readonly #ended = Promise.withResolvers<number>();
  #line: LineState = EMPTY_LINE;
  #running: AbortController | null = null;
  #lastFailure: LastFailure | null = null;
  readonly #output: OutputControl;
  #answer: ((key: EditKey) => void) | null = null;
  #escapeTimer: NodeJS.Timeout | null = null;
  #shownPrompt = '';
  #open = false;
  readonly #unsaid: string[] = [];
  /** Keys that came while a command ran: they count when it has ended. */
  readonly #typedAhead: EditKey[] = [];

  constructor(
    io: CliIo,
    globals: Globals,
    driver: ClusterDriver,
    historyFile: string,
    { spoken = false, ...limits }: ShellLimits = {},
  ) {
    this.#limits = limits;
    this.#spoken = spoken;
    this.#io = io;
    this.#color = globals.color;
    this.#output = outputControl(globals);
    this.#driver = driver;
    this.#history = new History(historyFile);
  }

  /** Resolves with the exit code when the person leaves. The terminal is then as it was before. */
  async run(): Promise<number> {
    const { input } = this.#io;
    input.setEncoding('utf8');
    const onData = (chunk: string | Buffer): void => this.#feed(String(chunk));
    const onEnd = (): void => this.#ended.resolve(0);
    const onSignal = (): void => this.#ended.resolve(143);
    const stopWatching = this.#driver.onPicture(() => this.#onPicture());
    input.on('data', onData).once('end', onEnd);
    process.once('SIGTERM', onSignal).once('SIGHUP', onSignal);
    this.#raw(true);
    const ends = this.#driver.ownsNodes ? 'stops the nodes' : 'ends the faults that were set here';
    this.#write(`${dim(`help lists all commands; Ctrl-D leaves, and ${ends}`, this.#color)}\n`);
    this.#open = true;
    this.#sayUnsaid();
    this.#draw();
    try {
      return await this.#ended.promise;
    } finally {
      this.#open = false;
      stopWatching();
      this.#running?.abort();
      input.off('data', onData).off('end', onEnd);
      process.off('SIGTERM', onSignal).off('SIGHUP', onSignal);
      this.#raw(false);
      input.pause();
    }
  }

  /** A sentence above the prompt, which stays as it is. While a command runs or a question waits, it waits too. */
  announce(text: string): void {
    if (!this.#open || this.#running !== null || this.#answer !== null) {
      if (this.#unsaid.length < MOST_UNSAID) this.#unsaid.push(text);
      return;
    }
    this.#write(`\r\x1b[K${safe(text)}\n`);
    this.#draw();
  }

  #sayUnsaid(): void {
    for (const text of this.#unsaid.splice(0)) this.#write(`\r\x1b[K${safe(text)}\n`);
  }

  #raw(on: boolean): void {
    this.#io.input.setRawMode(on);
    this.#write(on ? PASTE_ON : PASTE_OFF);
  }

  #write(text: string): void {
    this.#io.out.write(text.replace(/\n/g, '\r\n'));
  }

  #feed(chunk: string): void {
    if (this.#escapeTimer !== null) clearTimeout(this.#escapeTimer);
    for (const key of this.#keys.feed(chunk)) this.#press(key);
    if (!this.#keys.waiting) return;
    this.#escapeTimer = setTimeout(() => {
      for (const key of this.#keys.flush()) this.#press(key);
    }, ESCAPE_MS);
  }

  #press(key: EditKey): void {
    const name = key.type === 'key' ? key.name : '';
    if (this.#answer !== null) this.#answer(key);
    else if (this.#running !== null) {
      if (name === 'ctrl-c') this.#stopRunning(this.#running);
      else if (this.#typedAhead.length < MOST_TYPED_AHEAD) this.#typedAhead.push(key);
    } else if (name === 'ctrl-z') this.#suspend();
    else this.#edit(key);
  }

  #edit(key: EditKey): void {
    const before = this.#line;
    const { state, effect } = editLine(this.#acceptGhost(key) ?? before, key, this.#history.lines);
    this.#line = state;
    if (effect === 'submit') void this.#submit();
    else if (effect === 'complete') void this.#complete();
    else if (effect === 'cancel') this.#cancel();
    else if (effect === 'end-of-input') this.#leave();
    else {
      if (effect === 'redraw') this.#write('\x1b[H\x1b[2J');
      if (!this.#echo(before)) this.#draw();
    }
  }

  /** True where what was typed could be written behind the line that stands there. */
  #echo(before: LineState): boolean {
    const { text, cursor } = this.#line;
    const added = text.slice(before.text.length);
    const isAtEnd = before.cursor === before.text.length && cursor === text.length && text.startsWith(before.text);
    if (!this.#spoken || added === '' || !isAtEnd || before.search !== null) return false;
    if (stringWidth(this.#shownPrompt + safe(text)) >= this.#columns()) return false;
    this.#write(safe(added));
    return true;
  }

  /** Right arrow at the end of the line takes what is shown dimmed behind it. */
  #acceptGhost(key: EditKey): LineState | null {
    const { text, cursor, search } = this.#line;
    const takes = key.type === 'key' && ['right', 'ctrl-f', 'end', 'ctrl-e'].includes(key.name);
    if (!takes || this.#spoken || search !== null || cursor !== text.length) return null;
    return withText(this.#line, text + ghostText(text, this.#history.lines));
  }

  #cancel(): void {
    const hint = this.#line.text === '' ? dim('  Ctrl-D leaves', this.#color) : '';
    this.#endLine(`^C${hint}`);
    this.#line = clearLine(this.#line);
    this.#draw();
  }

  #leave(): void {
    this.#endLine('');
    this.#ended.resolve(0);
  }

  async #submit(): Promise<void> {
    const { text } = this.#line;
    this.#endLine('');
    this.#line = clearLine(this.#line);
    this.#history.add(text);
    const word = text.trim();
    if (word === 'quit' || word === 'exit') return this.#ended.resolve(0);
    if (word === 'clear') this.#write('\x1b[H\x1b[2J');
    else await this.#execute(text);
    this.#sayUnsaid();
    this.#draw();
    for (const key of this.#typedAhead.splice(0)) this.#press(key);
  }

  #stopRunning(running: AbortController): void {
    this.#typedAhead.length = 0;
    running.abort();
  }

  async #execute(text: string): Promise<void> {
    const controller = new AbortController();
    this.#running = controller;
    try {
      const context = {
        driver: this.#driver,
        marked: [],
        cursor: null,
        signal: controller.signal,
        emit: ({ lines }: ResultPart) => this.#write(lines.map((line) => `${safe(line)}\n`).join('')),
        ...this.#limits,
        output: this.#output,
        lastFailure: this.#lastFailure,
      };
      const prepared = prepareLine(text, context);
      if (!prepared.ok) return this.#show(prepared.problem);
      const { consequence, run } = prepared.line;
      if (consequence !== null && consequence.level > 0 && !(await this.#confirm(consequence))) {
        return this.#write('nothing was done\n');
      }
      const result = await run();
      this.#lastFailure = refusalOf(text, result, Date.now()) ?? this.#lastFailure;
      this.#show(result);
    } finally {
      this.#running = null;
    }
  }

  #confirm({ text, level }: Consequence): Promise<boolean> {
    if (level === 2) return this.#confirmByName(text);
    this.#write(`${safe(text)}. Go on? y/N `);
    return new Promise((resolve) => {
      this.#answer = (key) => {
        this.#answer = null;
        const yes = key.type === 'text' && /^y/i.test(key.text);
        this.#write(yes ? 'y\n' : 'n\n');
        resolve(yes);
      };
    });
  }

  /** What cannot be taken back is not done by one key. */
  #confirmByName(text: string): Promise<boolean> {
    const { name } = this.#driver.picture();
    this.#write(`${safe(text)}. Type ${safe(name)} to go on: `);
    let typed = '';
    return new Promise((resolve) => {
      this.#answer = (key) => {
        if (key.type === 'text') {
          typed += key.text;
          return this.#write(safe(key.text));
        }
        if (key.type === 'key' && key.name === 'backspace' && typed !== '') {
          typed = typed.slice(0, -1);
          return this.#write('\b \b');
        }
        this.#answer = null;
        this.#write('\n');
        resolve(key.type === 'key' && key.name === 'enter' && typed === name);
      };
    });
  }

  #show(result: CommandResult): void {
    const cells = this.#columns();
    // A word that is longer than the screen is the terminal's to break: nothing is left out.
    const breaks = (line: string): boolean =>
      result.prose === true && line.split(' ').every((word) => stringWidth(word) <= cells);
    const lines = terminalLines(result).flatMap((line) => (breaks(line) ? wrapHanging(line, cells, '') : [line]));
    for (const line of lines) this.#write(`${line}\n`);
    if (result.trailer !== undefined) this.#write(dim(`${safe(result.trailer)}\n`, this.#color));
  }

  async #complete(): Promise<void> {
    const { text, cursor } = this.#line;
    const found = await complete(text, cursor, this.#driver);
    // Typing went on meanwhile: what was found is about another line.
    if (this.#line.text !== text || this.#line.cursor !== cursor || this.#running !== null) return;
    const [only, ...others] = found.candidates;
    const insert = only !== undefined && others.length === 0 ? `${only.text} ` : commonBeginning(found, text);
    if (insert !== null) {
      const joined = text.slice(0, found.from) + insert + text.slice(found.to);
      this.#line = withText(this.#line, joined, found.from + insert.length);
    } else if (others.length > 0) {
      this.#endLine('');
      const words = found.candidates.map((candidate) => candidate.text);
      for (const row of inColumns(words, this.#columns(), 8)) this.#write(`${row}\n`);
    } else {
      const hint = argumentHint(text);
      if (hint !== '') {
        this.#endLine('');
        this.#write(dim(`${hint}\n`, this.#color));
      }
    }
    this.#draw();
  }

  #columns(): number {
    return Math.max(20, this.#io.out.columns ?? 80);
  }

  #onPicture(): void {
    if (this.#running === null && this.#answer === null && this.#prompt() !== this.#shownPrompt) this.#draw();
  }

  #prompt(): string {
    return this.#line.search === null ? promptText(this.#driver.picture()) : searchPrompt(this.#line.search);
  }

  #draw(): void {
    this.#shownPrompt = this.#prompt();
    const { text, cursor, search } = this.#line;
    const promptCells = stringWidth(this.#shownPrompt);
    const cells = Math.max(8, this.#columns() - promptCells - 1);
    const { shown, cursorCell } = visiblePart(text, cursor, cells);
    const left = cells - stringWidth(shown);
    const offers = !this.#spoken && search === null && cursor === text.length;
    const grey = offers ? greyBehind(text, ghostText(text, this.#history.lines), argumentHint(text), left) : '';
    const ghost = visiblePart(grey, 0, left).shown;
    this.#write(`\r\x1b[K${this.#shownPrompt}${shown}${dim(ghost, this.#color)}\r\x1b[${promptCells + cursorCell}C`);
  }

  /** Leaves the line as it stands, without its ghost, and goes to the next. */
  #endLine(mark: string): void {
    const prompt = this.#prompt();
    const { shown } = visiblePart(
      this.#line.text,
      this.#line.text.length,
      Math.max(8, this.#columns() - stringWidth(prompt) - 1),
    );
    this.#write(`\r\x1b[K${prompt}${shown}${mark}\n`);
  }

  #suspend(): void {
    this.#raw(false);
    process.once('SIGCONT', () => {
      this.#raw(true);
      this.#draw();
    });
    process.kill(process.pid, 'SIGTSTP');
  }
}

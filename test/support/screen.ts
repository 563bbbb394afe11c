/** A terminal without a window: what the console writes goes through a real terminal parser, keys go in as bytes. */
import { PassThrough, Writable } from 'node:stream';
import xterm from '@xterm/headless';

type Watcher = () => void;

export class FakeInput extends PassThrough {
  readonly isTTY = true;
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

type TerminalLine = ReturnType<xterm.Terminal['buffer']['active']['getLine']>;

function styledRow(line: TerminalLine): string {
  let row = '';
  let open = '';
  for (let x = 0; x < (line?.length ?? 0); x += 1) {
    const cell = line?.getCell(x);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    if (style !== open) row += `${open === '' ? '' : '⟧'}${style === '' ? '' : `⟦${style}:`}`;
    open = style;
    row += cell.getChars() || ' ';
  }
  return (open === '' ? row : `${row}⟧`).trimEnd();
}

type TerminalCell = NonNullable<ReturnType<NonNullable<TerminalLine>['getCell']>>;

/** Empty for plain text. Colours are numbers of the palette of 256. */
function styleOf(cell: TerminalCell): string {
  const marks = [cell.isBold() && 'b', cell.isDim() && 'd', cell.isUnderline() && 'u', cell.isInverse() && 'i'];
  const colours = [cell.isFgDefault() ? '' : String(cell.getFgColor()), cell.isBgDefault() ? '' : `on ${cell.getBgColor()}`];
  return [...marks.filter((mark) => typeof mark === 'string'), ...colours.filter((colour) => colour !== '')].join(' ');
}

export class FakeOutput extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  readonly #terminal: xterm.Terminal;
  readonly #watchers = new Set<Watcher>();
  /** Everything that was written, for tests that look at the bytes. */
  written = '';

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100, convertEol: true });
  }

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    const text = typeof chunk === 'string' ? chunk : chunk.toString('utf8');
    this.written += text;
    this.#terminal.write(text, () => {
      done();
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.#terminal.resize(columns, rows);
    this.emit('resize');
  }

  /** The rows of the screen without trailing spaces. */
  lines(): readonly string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.rows }, (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '');
  }

  /** The rows with their styles, for people to read in a golden file: `⟦b 2:n1 leads⟧` is bold in colour 2, `on 6` a background. */
  get styled(): string {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.rows }, (_, y) => styledRow(active.getLine(active.baseY + y))).join('\n');
  }

  get text(): string {
    return this.lines().join('\n');
  }

  /** True while the full-screen program has the terminal. */
  get alternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get cursor(): { readonly x: number; readonly y: number } {
    return { x: this.#terminal.buffer.active.cursorX, y: this.#terminal.buffer.active.cursorY };
  }

  /** Resolves as soon as the screen is as wanted; the test's own time limit ends the waiting. */
  until(wanted: (text: string) => boolean): Promise<string> {
    if (wanted(this.text)) return Promise.resolve(this.text);
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!wanted(this.text)) return;
        this.#watchers.delete(watcher);
        resolve(this.text);
      };
      this.#watchers.add(watcher);
    });
  }
}

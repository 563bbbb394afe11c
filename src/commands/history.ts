/** Lines that were typed, kept in memory and in a file that several consoles may append to. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export const MOST_LINES = 5_000;

/** A leading space, as in a Unix shell, or `--secret` keeps a line out. */
export function keepsLine(line: string): boolean {
  return line.trim() !== '' && !line.startsWith(' ') && !/(^|\s)--secret(\s|=|$)/.test(line);
}

/** The newest lines of a history file, oldest first. */
export function parseHistory(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-MOST_LINES);
}

export class History {
  readonly #file: string | null;
  #lines: string[];

  /** `file` null keeps everything in memory. A file that cannot be read is treated as empty. */
  constructor(file: string | null = null) {
    this.#file = file;
    this.#lines = file === null ? [] : load(file);
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** A line equal to the newest is not kept twice. Failing to write costs the history, never the session. */
  add(line: string): void {
    const flat = line.replace(/\p{Cc}/gu, ' ');
    if (!keepsLine(flat) || this.#lines.at(-1) === flat) return;
    this.#lines = [...this.#lines.slice(-(MOST_LINES - 1)), flat];
    if (this.#file === null) return;
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      appendFileSync(this.#file, `${flat}\n`, { mode: 0o600 });
    } catch {
      // A read-only home must not stop anyone from working.
    }
  }
}

function load(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const lines = parseHistory(text);
  if (text.split('\n').length > MOST_LINES + 1_000) rewrite(file, lines);
  return [...lines];
}

function rewrite(file: string, lines: readonly string[]): void {
  try {
    const fresh = `${file}.${process.pid}.tmp`;
    writeFileSync(fresh, `${lines.join('\n')}\n`, { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // The long file stays; the next start tries again.
  }
}

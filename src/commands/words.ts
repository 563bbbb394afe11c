/** From a typed line to its words: quotes, escapes and JSON that passes untouched. */
import { UsageError } from './command.ts';

export interface Word {
  readonly text: string;
  /** Where it stands in the line, in UTF-16 units: [start, end). */
  readonly start: number;
  readonly end: number;
  /** Quoted words are never flags. */
  readonly quoted: boolean;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '\\': '\\',
  '"': '"',
  '/': '/',
};

/**
 * Splits as redis-cli does: in double quotes a backslash escapes (`\n`, `\xNN`, `\u{..}`), in single quotes nothing
 * does, outside of quotes a backslash is a backslash. A word that begins with `{` or `[` is read to the matching
 * bracket as it stands, so JSON needs no quotes. Throws UsageError with the column.
 */
export function splitWords(line: string): readonly Word[] {
  const words: Word[] = [];
  let at = skipSpace(line, 0);
  while (at < line.length) {
    const word = readWord(line, at);
    words.push(word);
    at = skipSpace(line, word.end);
  }
  return words;
}

function skipSpace(line: string, from: number): number {
  let at = from;
  while (at < line.length && isSpace(line[at])) at += 1;
  return at;
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character);
}

function readWord(line: string, start: number): Word {
  let text = '';
  let quoted = false;
  let at = start;
  if (line[at] === '{' || line[at] === '[') {
    const end = matchingBracket(line, at);
    text = line.slice(at, end);
    at = end;
  }
  while (at < line.length && !isSpace(line[at])) {
    const character = line[at] ?? '';
    if (character === '"' || character === "'") {
      const part = character === '"' ? readDoubleQuoted(line, at) : readSingleQuoted(line, at);
      text += part.text;
      at = part.end;
      quoted = true;
    } else {
      text += character;
      at += 1;
    }
  }
  return { text, start, end: at, quoted };
}

function readSingleQuoted(line: string, start: number): { text: string; end: number } {
  const close = line.indexOf("'", start + 1);
  if (close < 0) throw new UsageError('this quote is never closed', { column: start, next: "end the text with '" });
  return { text: line.slice(start + 1, close), end: close + 1 };
}

function readDoubleQuoted(line: string, start: number): { text: string; end: number } {
  let text = '';
  let at = start + 1;
  while (at < line.length) {
    const character = line[at] ?? '';
    if (character === '"') return { text, end: at + 1 };
    if (character === '\\') {
      const part = readEscape(line, at);
      text += part.text;
      at = part.end;
    } else {
      text += character;
      at += 1;
    }
  }
  throw new UsageError('this quote is never closed', { column: start, next: 'end the text with "' });
}

function readEscape(line: string, start: number): { text: string; end: number } {
  const simple = SIMPLE_ESCAPES[line[start + 1] ?? ''];
  if (simple !== undefined) return { text: simple, end: start + 2 };
  const match = /^\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4}))/.exec(line.slice(start, start + 12));
  if (match === null) {
    throw new UsageError('there is no such escape', { column: start, next: 'write \\n \\t \\r \\" \\\\ \\xNN or \\u{NNNN}' });
  }
  if (match[3] !== undefined) return readJsonEscape(line, start, Number.parseInt(match[3], 16));
  const code = Number.parseInt(match[1] ?? match[2] ?? '', 16);
  return { text: characterOf(code, start), end: start + match[0].length };
}

/** JSON writes characters beyond U+FFFF as two escapes, a surrogate pair. */
function readJsonEscape(line: string, start: number, first: number): { text: string; end: number } {
  const second = /^\\u(d[c-f][0-9a-f]{2})/i.exec(line.slice(start + 6, start + 12))?.[1];
  if (first >= 0xd800 && first <= 0xdbff && second !== undefined) {
    return { text: String.fromCharCode(first, Number.parseInt(second, 16)), end: start + 12 };
  }
  return { text: characterOf(first, start), end: start + 6 };
}

function characterOf(code: number, column: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new UsageError(`U+${code.toString(16).toUpperCase()} is not a character`, {
      column,
      next: 'keys and values are well-formed Unicode',
    });
  }
  return String.fromCodePoint(code);
}

/** The position after the bracket that closes the one at `start`; brackets inside JSON strings do not count. */
function matchingBracket(line: string, start: number): number {
  const open: string[] = [];
  let inString = false;
  for (let at = start; at < line.length; at += 1) {
    const character = line[at] ?? '';
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') open.push('}');
    else if (character === '[') open.push(']');
    else if (character === '}' || character === ']') {
      if (open.pop() !== character) break;
      if (open.length === 0) return at + 1;
    }
  }
  throw new UsageError(`this ${line[start]} is never closed`, {
    column: start,
    next: 'close it, or put the whole text in single quotes',
  });
}

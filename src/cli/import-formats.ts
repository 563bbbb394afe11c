/** Bytes to records, with the place of each. Everything is bounded: one endless line costs a report, not the memory. */
import { LIMITS } from '../base/limits.ts';
import { parseTsvRow } from '../commands/tsv.ts';
import { keyProblem, valueProblem } from '../kv/key-order.ts';

export type Format = 'ndjson' | 'tsv' | 'json';

/** `line` counts from 1; `end` is the byte offset behind the record, 0 where offsets mean nothing. */
export type ImportItem = { readonly line: number; readonly end: number } & (
  | { readonly type: 'record'; readonly key: string; readonly value: string }
  | { readonly type: 'problem'; readonly message: string }
);

/** Every byte of a key and a value may be written as an escape of six. */
export const LONGEST_RECORD = 6 * (LIMITS.keyBytes + LIMITS.valueBytes) + 1_024;

const BOM = '\ufeff';
const LINE_FEED = 0x0a;

/** By the ending of the name, else by how the content begins. */
export function detectFormat(name: string, beginning: string): Format {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'ndjson' || ending === 'jsonl') return 'ndjson';
  if (ending === 'tsv') return 'tsv';
  const text = beginning.replace(BOM, '').trimStart();
  if (text.startsWith('[')) return 'json';
  if (!text.startsWith('{')) return 'tsv';
  const firstLine = text.split('\n', 1)[0] ?? '';
  return recordOf(firstLine).type === 'record' ? 'ndjson' : 'json';
}

/** One array of items for each piece of input, so that a reader awaits once for many records. */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  format: 'ndjson' | 'tsv',
  from: { readonly offset: number; readonly line: number } = { offset: 0, line: 0 },
): AsyncGenerator<readonly ImportItem[]> {
  const splitter = new LineSplitter(from.offset, from.line);
  const parse = format === 'ndjson' ? recordOf : tsvRecordOf;
  for await (const chunk of source) yield itemsOf(splitter.push(chunk), parse);
  yield itemsOf(splitter.end(), parse);
}

interface RawLine {
  /** Null when the line was too long to keep. */
  readonly bytes: Uint8Array | null;
  readonly line: number;
  readonly end: number;
}

class LineSplitter {
  #parts: Uint8Array[] = [];
  #kept = 0;
  #tooLong = false;
  #offset: number;
  #line: number;

  constructor(offset: number, line: number) {
    this.#offset = offset;
    this.#line = line;
  }

  push(chunk: Uint8Array): readonly RawLine[] {
    const lines: RawLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      this.#keep(chunk.subarray(from, at));
      this.#offset += at + 1 - from;
      lines.push(this.#take());
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
    this.#offset += chunk.length - from;
    return lines;
  }

  end(): readonly RawLine[] {
    return this.#kept > 0 || this.#tooLong ? [this.#take()] : [];
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0 || this.#tooLong) return;
    this.#kept += part.length;
    if (this.#kept > LONGEST_RECORD) {
      this.#tooLong = true;
      this.#parts = [];
    } else this.#parts.push(part);
  }

  #take(): RawLine {
    const bytes = this.#tooLong ? null : this.#parts.length === 1 ? (this.#parts[0] ?? null) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#kept = 0;
    this.#tooLong = false;
    this.#line += 1;
    return { bytes, line: this.#line, end: this.#offset };
  }
}

type Parsed =
  | { readonly type: 'record'; readonly key: string; readonly value: string }
  | { readonly type: 'problem'; readonly message: string };

const problem = (message: string): Parsed => ({ type: 'problem', message });
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function itemsOf(lines: readonly RawLine[], parse: (text: string) => Parsed): readonly ImportItem[] {
  return lines.flatMap(({ bytes, line, end }): ImportItem[] => {
    const place = { line, end };
    if (bytes === null) return [{ ...problem('the line is too long'), ...place }];
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      return [{ ...problem('the line is not UTF-8'), ...place }];
    }
    if (line === 1) text = text.replace(BOM, '');
    text = text.replace(/\r$/, '');
    return text.trim() === '' ? [] : [{ ...parse(text), ...place }];
  });
}

/** `{"key": .., "value": ..}`. A value that is no string is kept as its JSON. */
function recordOf(text: string): Parsed {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return problem('not JSON');
  }
  return recordOfObject(parsed);
}

function recordOfObject(parsed: unknown): Parsed {
  if (typeof parsed !== 'object' || parsed === null || !('key' in parsed) || !('value' in parsed)) {
    return problem('not an object with "key" and "value"');
  }
  if (typeof parsed.key !== 'string') return problem('"key" is not a string');
  return checked(parsed.key, parsed.value);
}

function tsvRecordOf(text: string): Parsed {
  const [key, value, ...others] = parseTsvRow(text);
  if (key === undefined || value === undefined || others.length > 0) return problem('not a key, a tab and a value');
  return checked(key, value);
}

function checked(key: string, value: unknown): Parsed {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const trouble = keyProblem(key) ?? valueProblem(text);
  return trouble === null ? { type: 'record', key, value: text } : problem(trouble.detail);
}

/** A JSON object of keys and values, or an array of records, read member by member. */
export async function* readJson(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly ImportItem[]> {
  const members = new MemberSplitter();
  const decode = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of source) yield members.push(decode.decode(chunk, { stream: true }));
    yield members.push(decode.decode());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    yield [{ ...problem('the file is not UTF-8'), line: members.line, end: 0 }];
    return;
  }
  yield members.end();
}

class MemberSplitter {
  line = 1;
  #kind: 'object' | 'array' | null = null;
  #closed = false;
  #failed = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #text = '';
  #startedAt = 1;

  push(text: string): readonly ImportItem[] {
    const items: ImportItem[] = [];
    let from = 0;
    for (let at = 0; at < text.length && !this.#failed; at += 1) {
      const code = text.charCodeAt(at);
      if (code === LINE_FEED) this.line += 1;
      if (this.#inString) this.#stepString(code);
      else if (this.#stepOutside(text.charAt(at), items, text, from, at)) from = at + 1;
    }
    if (!this.#failed) this.#append(text.slice(from), items);
    return items;
  }

  end(): readonly ImportItem[] {
    return this.#failed || this.#closed ? [] : [this.#problem('the file ends in the middle')];
  }

  #stepString(code: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (code === 0x5c) this.#escaped = true;
    else if (code === 0x22) this.#inString = false;
  }

  /** True when the character ends what was collected so far. */
  #stepOutside(character: string, items: ImportItem[], text: string, from: number, at: number): boolean {
    if (this.#kind === null || this.#closed) return this.#stepAround(character, items);
    const closes = character === '}' || character === ']';
    if (character === '"') this.#inString = true;
    if (character === '{' || character === '[') this.#depth += 1;
    if (closes) this.#depth -= 1;
    const ends = (character === ',' && this.#depth === 1) || (closes && this.#depth === 0);
    if (!ends) return false;
    this.#append(text.slice(from, at), items);
    this.#finishMember(closes, items);
    this.#closed = closes;
    return true;
  }

  #stepAround(character: string, items: ImportItem[]): boolean {
    if (/\s/.test(character)) return true;
    if (this.#kind === null && (character === '{' || character === '[')) {
      this.#kind = character === '{' ? 'object' : 'array';
      this.#depth = 1;
      return true;
    }
    items.push(this.#problem(this.#closed ? 'something follows the end' : 'neither an object nor an array'));
    this.#failed = true;
    return true;
  }

  #append(text: string, items: ImportItem[]): void {
    if (this.#text.trim() === '') this.#startedAt = this.line;
    this.#text += text;
    if (this.#text.length <= LONGEST_RECORD) return;
    items.push(this.#problem('a member is too long'));
    this.#failed = true;
  }

  #finishMember(last: boolean, items: ImportItem[]): void {
    const text = this.#text;
    const place = { line: this.#startedAt, end: 0 };
    this.#text = '';
    if (last && text.trim() === '') return;
    if (this.#kind === 'array') items.push({ ...recordOf(text), ...place });
    else items.push({ ...memberOf(text), ...place });
  }

  #problem(message: string): ImportItem {
    return { ...problem(message), line: this.line, end: 0 };
  }
}

function memberOf(text: string): Parsed {
  try {
    const [member, ...others] = Object.entries(JSON.parse(`{${text}}`));
    if (member !== undefined && others.length === 0) return checked(member[0], member[1]);
  } catch {
    // Told below.
  }
  return problem('not a member of a JSON object');
}

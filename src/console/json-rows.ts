/** A value as lines: JSON indented and coloured by kind, anything else as harmless text. Bounded work for any size. */
import { safe } from '../base/safe.ts';
import { type Row, type Span, span } from './rows.ts';
import { wrapText } from './width.ts';

/** Values above this are shown as text without an attempt to read them as JSON. */
const MOST_JSON = 65_536;
const MOST_TEXT = 16_384;
const MOST_ROWS = 500;

export interface ValueRows {
  readonly kind: 'JSON' | 'text' | 'empty';
  readonly rows: readonly Row[];
  /** Not all of the value is in `rows`. */
  readonly cut: boolean;
}

export function valueRows(value: string, width: number): ValueRows {
  if (value === '') return { kind: 'empty', rows: [], cut: false };
  const json = value.length <= MOST_JSON && /^\s*[[{]/.test(value) ? parsed(value) : null;
  if (json === null) return textRows(value, width);
  const lines = JSON.stringify(json.value, null, 2).split('\n');
  const rows = lines.slice(0, MOST_ROWS).flatMap((line) => wrapJson(line, width));
  return { kind: 'JSON', rows: rows.slice(0, MOST_ROWS), cut: rows.length > MOST_ROWS || lines.length > MOST_ROWS };
}

function parsed(value: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(value) };
  } catch {
    return null;
  }
}

/** Real line ends break lines; everything else that a terminal would obey is shown as an escape. */
function textRows(value: string, width: number): ValueRows {
  const head = value.slice(0, MOST_TEXT);
  const lines = head.split(/\r?\n/).flatMap((line) => (line === '' ? [''] : wrapText(safe(line), width, MOST_ROWS)));
  const cut = head.length < value.length || lines.length > MOST_ROWS;
  return { kind: 'text', rows: lines.slice(0, MOST_ROWS).map((line) => [span(line)]), cut };
}

function wrapJson(line: string, width: number): readonly Row[] {
  const harmless = safe(line);
  if (harmless.length > width) return wrapText(harmless, width, MOST_ROWS).map((part) => [span(part, 'string')]);
  return [coloured(harmless)];
}

function coloured(line: string): Row {
  const match = /^(\s*)("(?:[^"\\]|\\.)*")?(:\s)?(.*)$/.exec(line);
  const [, indent = '', name, colon = '', rest = ''] = match ?? [];
  const spans: Span[] = [span(indent)];
  if (name !== undefined) spans.push(span(name, colon === '' ? 'string' : 'title'));
  spans.push(span(colon, 'dim'), span(rest, /^"/.test(rest) ? 'string' : /^[-\dtfn]/.test(rest) ? 'number' : 'dim'));
  return spans.filter(({ text }) => text !== '');
}

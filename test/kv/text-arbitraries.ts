import fc from 'fast-check';

/** Units and characters at the edges where UTF-16 and UTF-8 disagree, next to plain ones. */
const EDGES = [
  'a',
  'b',
  '0',
  ' ',
  '\0',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  '\u{10ffff}',
  '"',
  '\\',
];

/** Well-formed text, short enough to collide. */
export const anyText = fc.oneof(
  fc.array(fc.constantFrom(...EDGES), { maxLength: 4 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

export const anyKey = anyText.filter((text) => text !== '');

/** Few enough keys that operations meet. */
export const fewKeys = fc.constantFrom('a', 'ab', 'b', '\uffff', '😀', '😀a');

export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

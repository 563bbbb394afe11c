/**
 * A look at the shape of a text before JSON.parse spends time and stack on it: a megabyte of `{}` takes the parser 70 ms,
 * two megabytes of `[` 270 ms, and what nests thousands deep cannot be written out again.
 */

export interface ScanBounds {
  /** Objects and arrays within each other. */
  readonly depth: number;
  /** Brackets, braces, commas, colons and strings. */
  readonly tokens: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * True for a text that cannot break the bounds, told without looking at each character: it has fewer characters than it may
 * have tokens, and opens no more objects and arrays than may stand within each other, those inside of strings counted too.
 */
export function isSlight(text: string, bounds: ScanBounds): boolean {
  if (text.length > bounds.tokens) return false;
  let opened = 0;
  for (const opening of ['{', '[']) {
    for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at + 1)) {
      opened += 1;
      if (opened > bounds.depth) return false;
    }
  }
  return true;
}

/** What is wrong with the shape of a text, or null. Not a parser: what it passes may still not be JSON. */
export function shapeProblem(text: string, bounds: ScanBounds): 'too-deep' | 'too-many-tokens' | 'unbalanced' | null {
  let depth = 0;
  let tokens = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = closingQuote(text, at + 1);
      if (at < 0) return 'unbalanced';
      tokens += 1;
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      depth += 1;
      tokens += 1;
      if (depth > bounds.depth) return 'too-deep';
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      depth -= 1;
      tokens += 1;
      if (depth < 0) return 'unbalanced';
    } else if (unit === COMMA || unit === COLON) {
      tokens += 1;
    }
    if (tokens > bounds.tokens) return 'too-many-tokens';
  }
  return depth === 0 ? null : 'unbalanced';
}

/** Strings hold most of a frame, so they are skipped by search and not looked at one by one. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at > 0 && text.charCodeAt(at - 1) === BACKSLASH) {
    let backslashes = 1;
    while (at - 1 - backslashes >= from && text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return at;
}

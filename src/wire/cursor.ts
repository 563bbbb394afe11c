/** Reads JSON by position: for frames that our own code writes, whose members and their order are known. */

const SAFE_DIGITS = 16;
const ZERO = 0x30;
const NINE = 0x39;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PLAIN = 0x20;
/** Up to here a loop over the characters is cheaper than calling an expression. */
const SHORT = 64;
/** What cannot stand in a string of JSON as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is those that are looked for.
const ESCAPED = /[\\\u0000-\u001f]/;

/** Reads on as long as everything is as expected; after that nothing is found any more. */
export class Cursor {
  readonly #text: string;
  #at: number;
  #failed = false;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  /** Everything was as expected so far. */
  get isGood(): boolean {
    return !this.#failed;
  }

  /** Everything was as expected, and nothing is left. */
  get isThrough(): boolean {
    return !this.#failed && this.#at === this.#text.length;
  }

  takes(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  word(word: string): void {
    if (!this.takes(word)) this.#failed = true;
  }

  /** A safe integer from 0 up, written the only way that JSON.stringify writes it. */
  number(): number {
    const start = this.#at;
    let value = 0;
    for (let unit = this.#text.charCodeAt(this.#at); unit >= ZERO && unit <= NINE; unit = this.#text.charCodeAt(this.#at)) {
      value = value * 10 + (unit - ZERO);
      this.#at += 1;
    }
    const digits = this.#at - start;
    const isPadded = digits > 1 && this.#text.charCodeAt(start) === ZERO;
    if (digits === 0 || digits > SAFE_DIGITS || isPadded || !Number.isSafeInteger(value)) this.#failed = true;
    return value;
  }

  flag(): boolean {
    if (this.takes('true')) return true;
    this.word('false');
    return false;
  }

  /** A string as JSON.stringify writes it, without its quotes, when nothing in it had to be escaped. */
  string(): string {
    const start = this.#at + 1;
    const end = this.#text.indexOf('"', start);
    if (this.#text.charCodeAt(this.#at) !== QUOTE || end < 0) {
      this.#failed = true;
      return '';
    }
    const content = this.#text.slice(start, end);
    if (hasEscaped(content)) this.#failed = true;
    this.#at = end + 1;
    return content;
  }

  /** All that is left but for `ending`; null when something was not as expected. */
  rest(ending: string): string | null {
    return this.#failed || !this.#text.endsWith(ending) ? null : this.#text.slice(this.#at, -ending.length);
  }
}

function hasEscaped(content: string): boolean {
  if (content.length > SHORT) return ESCAPED.test(content);
  for (let at = 0; at < content.length; at += 1) {
    const unit = content.charCodeAt(at);
    if (unit < FIRST_PLAIN || unit === BACKSLASH) return true;
  }
  return false;
}

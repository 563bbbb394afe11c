/** JSON's form of short strings, which most keys are: JSON.stringify is quick for long ones, and dear to call. */

const SHORT = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PLAIN = 0x20;
/** From here on come what JSON.stringify may have to escape (lone surrogates), and others that are rare. */
const FIRST_RARE = 0x7f;

/** As JSON.stringify writes it. */
export function quote(text: string): string {
  return text.length <= SHORT && isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** ASCII without anything that stands escaped in JSON. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < FIRST_PLAIN || unit >= FIRST_RARE || unit === QUOTE || unit === BACKSLASH) return false;
  }
  return true;
}

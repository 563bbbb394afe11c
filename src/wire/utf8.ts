/** Text as UTF-8, without making bytes of it. */

declare global {
  // ES2024, in Node since 20, but not yet in the language level that the compiler is told.
  interface String {
    isWellFormed(): boolean;
  }
}

/** False for text with a lone surrogate: it has no UTF-8 form, and two such keys would collide on disk. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** True when `text` takes more than `limitBytes` in UTF-8. Counts only when the length alone does not tell. */
export function exceedsBytes(text: string, limitBytes: number): boolean {
  // A UTF-16 unit takes one to three bytes.
  if (text.length > limitBytes) return true;
  if (text.length * 3 <= limitBytes) return false;
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair counts two: four bytes for the pair.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes > limitBytes;
}

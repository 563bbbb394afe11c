/** Keys are ordered by their UTF-8 bytes, which is the order of their code points. */

/** The least key after `key`. */
export function keyAfter(key: string): string {
  return `${key}\0`;
}

/** The least text that no text with this prefix reaches; null when there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) {
      const next = last + 1 === 0xd800 ? 0xe000 : last + 1;
      return String.fromCodePoint(...points, next);
    }
  }
  return null;
}

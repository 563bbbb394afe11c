/**
 * Text from keys, values, peers and files, made harmless for a terminal: whatever could move the cursor, reach the
 * clipboard, reorder or hide text is shown as a visible escape instead (kubectl CVE-2021-25743 is what happens otherwise).
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Never throws; idempotent; leaves printable text as it is. The result has no control, bidi or invisible characters. */
export function safe(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

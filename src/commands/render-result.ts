/** Results as text: escaped for a terminal, untouched for a pipe, or JSON for a machine. */
import { safe } from '../base/safe.ts';
import type { CommandResult } from './command.ts';

/** For a terminal or a transcript: no line has a control, bidi or invisible character. */
export function terminalLines(result: CommandResult): readonly string[] {
  return result.lines.map((line) => safe(line));
}

/** For a pipe: exactly the value, or the plain lines. */
export function pipeText(result: CommandResult): string {
  return result.raw ?? result.lines.map((line) => `${line}\n`).join('');
}

/** One line of JSON. Unsafe characters are escaped, so that it may be looked at on a terminal as well. */
export function jsonText(result: CommandResult): string {
  return `${jsonLine(result.json)}\n`;
}

export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, escapeUnits);
}

/** JSON knows only UTF-16 units: a character beyond U+FFFF becomes two escapes. */
function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

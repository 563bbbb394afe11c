/** Tab-separated text as databases exchange it: tab, newline, carriage return and backslash are escaped in a field. */
const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
const ORIGINALS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' };

export function tsvRow(fields: readonly string[]): string {
  return fields.map((field) => field.replace(/[\t\n\r\\]/g, (character) => ESCAPES[character] ?? character)).join('\t');
}

/** A backslash before any other character stands for itself, so files that never escaped anything read as they are. */
export function parseTsvRow(row: string): readonly string[] {
  return row.split('\t').map((field) => field.replace(/\\([tnr\\])/g, (_, letter: string) => ORIGINALS[letter] ?? letter));
}

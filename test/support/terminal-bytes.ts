/** What terminals send, for tests that press anything, and what a console may write. */

/** Without Ctrl-Z and Ctrl-S: they reach for the process and for the folder of the test. */
export const BYTES: readonly string[] = [
  ...'abcdefghijklmnopqrstuvwxyzABDEFGHRTW0123456789 /:?{}[]<>,.-+%=',
  ...['\r', '\t', '\x1b', '\x7f', '\x10', '\x12', '\x15', '\x17', '\x0c', '\x03'],
  ...[
    '\x1b[A',
    '\x1b[B',
    '\x1b[C',
    '\x1b[D',
    '\x1b[H',
    '\x1b[F',
    '\x1b[5~',
    '\x1b[6~',
    '\x1b[3~',
    '\x1b[Z',
    '\x1b[1;5P',
    '\x1bOP',
    '\x1b[<0;10;5M',
  ],
  ...[':why leader\r', ':put a "x y"\r', ':range\r', ':help\r', '8kill n2\r', '\x1b[200~pasted\ntext\x1b[201~', '漢字👩‍👩‍👧'],
];

/** What Ink itself writes: screen switch, cursor, erasing, colours, synchronised frames, bracketed paste. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences
const OURS = /\x1b\[(?:\?(?:1049|25|2004|2026)[hl]|\d*[ABCDEFGJK]|\d*;?\d*H|[0-9;]*m)/g;

/** What is left of written bytes without the sequences and line ends that belong there. */
export function strayBytes(written: string): string {
  return written.replace(OURS, '').replace(/\r?\n/g, '');
}

/** Meaning to colour and to glyph. Colour never stands alone: every state also has its own glyph or word. */
import type { Row, Span, Style } from './rows.ts';

export type ThemeName = 'dark' | 'mono';

/** SGR parameters (ECMA-48 §8.3.117) for each meaning. */
export interface Theme {
  readonly styles: Readonly<Record<Style, string>>;
  /** For the row under the cursor; added to the style. */
  readonly selected: string;
}

const DARK: Theme = {
  styles: {
    plain: '',
    dim: '90',
    bold: '1',
    title: '1;36',
    active: '1;30;46',
    key: '1;33',
    good: '32',
    warn: '33',
    bad: '1;31',
    leader: '1;32',
    ghost: '90',
    string: '32',
    number: '33',
    term0: '36',
    term1: '33',
    term2: '35',
    term3: '32',
    term4: '94',
    term5: '97',
  },
  selected: '48;5;237',
};

const MONO: Theme = {
  styles: {
    plain: '',
    dim: '',
    bold: '1',
    title: '1',
    active: '1;7',
    key: '1',
    good: '',
    warn: '1',
    bad: '1',
    leader: '1',
    ghost: '2',
    string: '',
    number: '',
    term0: '',
    term1: '',
    term2: '',
    term3: '',
    term4: '',
    term5: '',
  },
  selected: '1',
};

/** NO_COLOR takes the colours and leaves bold and inverse, without which the cursor could not be seen. */
export function themeFor(name: ThemeName, noColor: boolean): Theme {
  return noColor || name === 'mono' ? MONO : DARK;
}

/** One string with SGR sequences and nothing else that a terminal obeys. */
export function paint(line: Row, theme: Theme): string {
  let painted = '';
  let open = '';
  for (const each of line) {
    const wanted = sgrOf(each, theme);
    if (wanted !== open) painted += open === '' ? `\x1b[${wanted}m` : wanted === '' ? '\x1b[0m' : `\x1b[0;${wanted}m`;
    open = wanted;
    painted += each.text;
  }
  return open === '' ? painted : `${painted}\x1b[0m`;
}

function sgrOf({ style, strong, selected, inverse }: Span, theme: Theme): string {
  return [theme.styles[style], strong ? '1' : '', selected ? theme.selected : '', inverse ? '7' : '']
    .filter((part) => part !== '')
    .join(';');
}

/** One cell each, in every terminal. */
export interface Glyphs {
  readonly leader: string;
  readonly follower: string;
  readonly candidate: string;
  readonly learner: string;
  readonly down: string;
  readonly paused: string;
  readonly unknown: string;
  readonly cursor: string;
  readonly mark: string;
  readonly ellipsis: string;
  readonly horizontal: string;
  readonly vertical: string;
  readonly full: string;
  readonly empty: string;
  readonly linkOk: string;
  readonly linkSlow: string;
  readonly linkCut: string;
  readonly linkDown: string;
  readonly linkLost: string;
  readonly self: string;
  readonly absent: string;
  readonly commit: string;
  readonly match: string;
  readonly next: string;
  readonly arrow: string;
  readonly dot: string;
  readonly bars: readonly string[];
  /** Braille patterns can be drawn. */
  readonly braille: boolean;
}

export const UTF8_GLYPHS: Glyphs = {
  leader: '●',
  follower: '○',
  candidate: '◐',
  learner: '◇',
  down: '✕',
  paused: '‖',
  unknown: '?',
  cursor: '▸',
  mark: '◆',
  ellipsis: '…',
  horizontal: '─',
  vertical: '│',
  full: '█',
  empty: '░',
  linkOk: '•',
  linkSlow: '≈',
  linkCut: '╳',
  linkDown: '✕',
  linkLost: '?',
  self: '-',
  absent: '·',
  commit: '▲',
  match: 'm',
  next: '›',
  arrow: '→',
  dot: '·',
  bars: [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  braille: true,
};

export const ASCII_GLYPHS: Glyphs = {
  leader: '*',
  follower: 'o',
  candidate: '?',
  learner: 'L',
  down: 'x',
  paused: 'z',
  unknown: '?',
  cursor: '>',
  mark: 'v',
  ellipsis: '~',
  horizontal: '-',
  vertical: '|',
  full: '#',
  empty: '.',
  linkOk: '+',
  linkSlow: '~',
  linkCut: '!',
  linkDown: 'x',
  linkLost: '?',
  self: '-',
  absent: '.',
  commit: '^',
  match: 'm',
  next: '>',
  arrow: '>',
  dot: '-',
  bars: [' ', '.', '.', ':', ':', '=', '=', '#', '#'],
  braille: false,
};

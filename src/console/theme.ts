/** Meaning to colour and to glyph. Colour never stands alone: every state also has its own glyph or word. */
import type { ThemeName } from '../commands/command.ts';
import type { Row, Span, Style } from './rows.ts';

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

const LIGHT: Theme = {
  styles: {
    ...DARK.styles,
    dim: '38;5;242',
    title: '1;38;5;25',
    active: '1;97;44',
    key: '1;38;5;90',
    good: '38;5;28',
    warn: '38;5;130',
    bad: '1;38;5;160',
    leader: '1;38;5;28',
    ghost: '38;5;246',
    string: '38;5;28',
    number: '38;5;130',
    term0: '38;5;30',
    term1: '38;5;130',
    term2: '38;5;90',
    term3: '38;5;28',
    term4: '38;5;25',
    term5: '38;5;88',
  },
  selected: '48;5;254',
};

/** The sixteen colours that every terminal has and lets its owner choose; the cursor's row is underlined. */
const SIXTEEN: Theme = { styles: { ...DARK.styles, dim: '', ghost: '2', term5: '1' }, selected: '1;4' };

/** Okabe and Ito's palette, told apart by all common kinds of colour vision, in the nearest of 256 colours; no red against green. */
const COLOUR_BLIND: Theme = {
  styles: {
    ...DARK.styles,
    good: '38;5;74',
    warn: '38;5;227',
    bad: '1;38;5;208',
    leader: '1;38;5;74',
    key: '1;38;5;227',
    string: '38;5;74',
    number: '38;5;214',
    term0: '38;5;74',
    term1: '38;5;214',
    term2: '38;5;175',
    term3: '38;5;36',
    term4: '38;5;33',
    term5: '38;5;227',
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

const THEMES: Readonly<Record<ThemeName, Theme>> = {
  dark: DARK,
  light: LIGHT,
  '16': SIXTEEN,
  'colour-blind': COLOUR_BLIND,
  mono: MONO,
};

/** NO_COLOR takes the colours and leaves bold and inverse, without which the cursor could not be seen. */
export function themeFor(name: ThemeName, noColor: boolean): Theme {
  return noColor ? MONO : THEMES[name];
}

/** One string with SGR sequences and nothing else that a terminal obeys. */
export function paint(line: Row, theme: Theme): string {
  let painted = '';
  let open = '';
  let visible = false;
  for (const each of line) {
    // Blanks show no colour of letters: what is in force may stay so.
    const own = sgrOf(each, theme);
    const wanted = own !== open && !visible && isBlank(each) ? open : own;
    visible = showsOnBlanks(each);
    if (wanted !== open) painted += open === '' ? `\x1b[${wanted}m` : wanted === '' ? '\x1b[0m' : `\x1b[0;${wanted}m`;
    open = wanted;
    painted += each.text;
  }
  return open === '' ? painted : `${painted}\x1b[0m`;
}

function isBlank(each: Span): boolean {
  return !showsOnBlanks(each) && /^ *$/.test(each.text);
}

/** A background, an underline or an inverse cell. */
function showsOnBlanks({ style, selected, inverse }: Span): boolean {
  return selected || inverse || style === 'active';
}

/** By theme, style and what is added to it: a screen asks a thousand times, with a few dozen different answers. */
const SGRS = new WeakMap<Theme, Map<Style, string[]>>();

function sgrOf(each: Span, theme: Theme): string {
  const { style, strong, selected, inverse } = each;
  const ofStyle = sgrsOf(theme, style);
  const place = (strong ? 1 : 0) + (selected ? 2 : 0) + (inverse ? 4 : 0);
  ofStyle[place] ??= sgrText(each, theme);
  return ofStyle[place];
}

function sgrsOf(theme: Theme, style: Style): string[] {
  const ofTheme = SGRS.get(theme);
  const known = ofTheme?.get(style);
  if (known !== undefined) return known;
  const ofStyle: string[] = [];
  if (ofTheme === undefined) SGRS.set(theme, new Map([[style, ofStyle]]));
  else ofTheme.set(style, ofStyle);
  return ofStyle;
}

function sgrText({ style, strong, selected, inverse }: Span, theme: Theme): string {
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
  /** A promise that holds, and one that does not. */
  readonly holds: string;
  readonly broken: string;
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
  holds: '✓',
  broken: '✗',
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
  holds: '+',
  broken: 'X',
  bars: [' ', '.', '.', ':', ':', '=', '=', '#', '#'],
  braille: false,
};

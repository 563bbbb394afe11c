/** Who reaches whom: from each node (row) to each other (column). */

import type { NodeId } from '../../base/brand.ts';
import { goesBackTo, linkFaultOf, ruleText } from '../../commands/link-rule.ts';
import { bytesText, msText } from '../format.ts';
import { type Action, keyFor } from '../keymap.ts';
import { type LinkView, linksOf } from '../link-state.ts';
import { type Row, type Span, type Style, selectRow, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { readOnlyReason } from '../update-moment.ts';
import { cutText, padEnd, padStart } from '../width.ts';
import { pointer, roleGlyph, roleStyle, titleRow } from './parts.ts';

const CELL = 7;

/** The matrix. `cursor` draws the chosen cell inverse. */
function linkMatrix(state: ConsoleState, width: number, look: Glyphs, cursor: boolean): readonly Row[] {
  const { nodes } = state.picture;
  const links = linksOf(state);
  const ids = Math.min(8, Math.max(2, ...nodes.map(({ id }) => id.length)));
  const cellWidth = Math.max(ids + 1, Math.min(CELL, Math.floor((width - ids - 6) / Math.max(1, nodes.length))));
  const label = (id: string): string => cutText(id, ids, look.ellipsis);
  const header: Row = [
    span(padEnd('  FROM', ids + 6), 'dim'),
    ...nodes.map(({ id }) => {
      const text = cellWidth > ids + 3 ? `to ${label(id)}` : label(id);
      return span(padStart(text, cellWidth), cursor && id === state.linkCursor ? 'key' : 'dim');
    }),
  ];
  const rows = nodes.map((from) => {
    const line: Row = [
      ...pointer(cursor && from.id === state.nodeCursor, false, look),
      span(`${roleGlyph(from, look)} `, roleStyle(from)),
      span(padEnd(label(from.id), ids + 2), from.state === 'up' ? 'bold' : 'dim'),
      ...nodes.flatMap((to) => {
        const here = cursor && from.id === state.nodeCursor && to.id === state.linkCursor;
        return linkCell(links.get(`${from.id}>${to.id}`), cellWidth, look, here);
      }),
    ];
    return cursor && from.id === state.nodeCursor ? selectRow(line, width, look.ellipsis) : line;
  });
  return [header, ...rows];
}

function linkCell(link: LinkView | undefined, width: number, look: Glyphs, here: boolean): readonly Span[] {
  const [text, style] = linkText(link, look, width - 1);
  const shown = span(text, style);
  return [span(' '.repeat(Math.max(1, width - text.length))), here ? { ...shown, inverse: true } : shown];
}

function linkText(link: LinkView | undefined, look: Glyphs, width: number): readonly [string, Style] {
  const rtt = link?.rttMs == null ? '' : msText(link.rttMs);
  const timed = (glyph: string): string => (rtt === '' || rtt.length + 1 > width ? glyph : `${rtt}${glyph}`);
  switch (link?.state) {
    case 'self':
      return [look.self, 'dim'];
    case 'ok':
      return [rtt !== '' && rtt.length <= width ? rtt : look.linkOk, 'good'];
    case 'impaired':
      return [timed(look.linkSlow), 'warn'];
    case 'cut':
      return [width >= 4 ? `cut${look.linkCut}` : look.linkCut, 'bad'];
    case 'down':
      return [look.linkDown, 'dim'];
    case 'lost':
      return [width >= 5 ? `lost${look.linkLost}` : look.linkLost, 'warn'];
    default:
      return [look.absent, 'dim'];
  }
}

export function linksPanel(state: ConsoleState, width: number, look: Glyphs): readonly Row[] {
  return [
    titleRow('LINKS', width, look, [
      span('round trips  ', 'dim'),
      span(keyFor(state.keymap, 'view-links'), 'key'),
      span(readOnlyReason(state) === null ? ' edits' : ' shows all', 'dim'),
    ]),
    ...linkMatrix(state, width, look, false),
  ];
}

export function linksView(state: ConsoleState, width: number, height: number, look: Glyphs): readonly Row[] {
  const legend: Row = [
    span(' '),
    ...(
      [
        [look.linkSlow, 'warn', ' slow or lossy   '],
        [`cut${look.linkCut}`, 'bad', ' every message lost   '],
        [look.linkDown, 'dim', ' node down   '],
        [`lost${look.linkLost}`, 'warn', ' no connection'],
      ] as const
    ).flatMap(([glyph, style, text]) => [span(glyph, style), span(text, 'dim')]),
  ];
  const rows = [
    titleRow('LINKS', width, look, [span('round-trip time from each row to each column', 'dim')]),
    ...linkMatrix(state, width, look, true),
    [],
    ...chosenLink(state, look),
  ];
  const keys = [[], editKeys(state)];
  const below = rows.length + keys.length + 2 <= height ? [...keys, [], legend] : keys;
  return rows.length + below.length <= height ? [...rows, ...below] : rows.slice(0, height);
}

/** Two of the keys have no room in the footer of a small screen. */
function editKeys({ keymap, capabilities }: ConsoleState): Row {
  if (!capabilities.has('link-faults')) return [];
  const part = (action: Action, does: string): Row => [span(keyFor(keymap, action), 'key'), span(` ${does}   `, 'dim')];
  return [
    span(' '),
    ...part('link-slower', '10 ms slower'),
    ...part('link-quicker', 'quicker'),
    ...part('link-loss', '10 % more loss'),
    ...part('slow-link', 'exact values'),
    ...part('link-reset', 'resets'),
  ];
}

/** The link under the cursor in words. */
function chosenLink(state: ConsoleState, look: Glyphs): readonly Row[] {
  const { nodeCursor, linkCursor } = state;
  if (nodeCursor === null || linkCursor === null) return [];
  if (nodeCursor === linkCursor)
    return [
      [
        span(
          ` ${nodeCursor} itself: choose another column with ${keyFor(state.keymap, 'left')} and ${keyFor(state.keymap, 'right')}.`,
          'dim',
        ),
      ],
    ];
  const link = linksOf(state).get(`${nodeCursor}>${linkCursor}`);
  const back = linksOf(state).get(`${linkCursor}>${nodeCursor}`);
  const words: Readonly<Record<LinkView['state'], string>> = {
    self: '',
    ok: 'works',
    impaired: 'is slow or lossy',
    cut: 'is cut: every message is lost',
    down: 'is down, since one of the two does not run',
    lost: 'has no connection',
    unknown: 'is not known yet',
  };
  const facts = [
    link?.rttMs == null ? '' : `round trip ${msText(link.rttMs)}`,
    link === undefined || link.queuedBytes === 0 ? '' : `${bytesText(link.queuedBytes)} queued`,
    back === undefined ? '' : `the way back ${words[back.state].split(/[:,]/)[0]}`,
  ].filter((part) => part !== '');
  return [
    [
      span(` ${nodeCursor} ${look.arrow} ${linkCursor} `, 'bold'),
      span(words[link?.state ?? 'unknown']),
      span(`   ${facts.join(', ')}`, 'dim'),
    ],
    ...setOnLink(state, nodeCursor, linkCursor, look),
  ];
}

/** What is set on the link, or is about to be. */
function setOnLink({ picture, linkEdit, keymap }: ConsoleState, from: NodeId, to: NodeId, look: Glyphs): readonly Row[] {
  const fault = linkFaultOf(picture, from, to);
  if (linkEdit?.sentAt === null && linkEdit.from === from && linkEdit.to === to) {
    const becomes = ruleText(linkEdit.rule) || 'as it was without faults';
    const stays = ` ${look.ellipsis} ${keyFor(keymap, 'back')} leaves it as it was`;
    return [[span(` becomes ${becomes}`, 'warn'), span(stays, 'dim')]];
  }
  if (fault === null) return [];
  const back = fault === picture.faults.at(-1) ? goesBackTo(fault) : null;
  const undoes = back === null ? '' : `, ${keyFor(keymap, 'undo')} goes back to ${back}`;
  const heals = `   ${keyFor(keymap, 'cut-link')} heals it${undoes}`;
  return [[span(` fault ${fault.id}: ${fault.command.slice(0, 120)}`, 'warn'), span(heals, 'dim')]];
}

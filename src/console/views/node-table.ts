/** The nodes, one row each: what they are, how far they are, whom they hear. */
import type { ClusterPicture, NodeView } from '../../cluster/driver.ts';
import { diskIndex, leaderOf } from '../../commands/log-cells.ts';
import { ageText, countText } from '../../commands/wording.ts';
import { msText } from '../format.ts';
import { type LinkView, linksOf } from '../link-state.ts';
import { type Row, type Span, type Style, selectRow, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { type Column, cell, pointer, roleGlyph, roleStyle, roleText, table, titleRow } from './parts.ts';
import { hearsText, timerOf } from './timer.ts';

/** Data older than this is said to be old. */
const OLD_MS = 2_000;

/** Title, header and one row for each node: at most `height` rows, scrolled to keep the cursor in sight. */
export function nodeTable(
  state: ConsoleState,
  width: number,
  height: number,
  look: Glyphs,
  hasLinkPanel = false,
): readonly Row[] {
  const { nodes } = state.picture;
  const up = nodes.filter((node) => node.state === 'up').length;
  const { header, rows } = table(columnsOf(state, look, hasLinkPanel), width, look);
  const lines = rows.map((line, i) =>
    nodes[i]?.id === state.nodeCursor && state.view !== 'links' ? selectRow(line, width, look.ellipsis) : line,
  );
  const marked = state.marked.length === 0 ? [] : [span(`${state.marked.length} marked`, 'key')];
  const room = Math.max(1, height - 2);
  const at = nodes.findIndex(({ id }) => id === state.nodeCursor);
  const top = Math.max(0, Math.min(at - Math.floor(room / 2), lines.length - room));
  return [titleRow(`NODES ${up}/${nodes.length}`, width, look, marked), header, ...lines.slice(top, top + room)].slice(0, height);
}

type CellOf = (node: NodeView) => Row;

interface ColumnSpec extends Omit<Column, 'cells'> {
  readonly cellOf: CellOf;
}

const left = (title: string, keep: number, cellOf: CellOf): ColumnSpec => ({ title, align: 'left', keep, cellOf });
const right = (title: string, keep: number, cellOf: CellOf): ColumnSpec => ({ title, align: 'right', keep, cellOf });

function columnsOf(state: ConsoleState, look: Glyphs, hasLinkPanel: boolean): readonly Column[] {
  const links = linksOf(state);
  const specs = [
    { ...left('  NODE', 100, (node) => nameCell(node, state, look)), shrinkTo: 12 },
    left('ROLE', 90, (node) => cell(`${roleGlyph(node, look)} ${roleText(node)}`, roleStyle(node))),
    right('TERM', 80, (node) => number(node, node.status?.term)),
    right('COMMIT', 75, (node) => number(node, node.status?.commitIndex)),
    right('APPLY', 40, (node) => number(node, node.status?.appliedIndex)),
    right('LAST', 60, (node) => number(node, node.status?.lastIndex)),
    right('LAG', 65, (node) => lagOf(node, state.picture)),
    left('HEARS', 70, (node) => timerCell(node, state, look)),
    left('LINKS', hasLinkPanel ? 5 : 50, (node) => linkCell(node, state, links, look)),
    right('RTT', 20, (node) => rttCell(node, state, links)),
    right('KEYS', 15, (node) => number(node, node.status?.keys, countText)),
    right('FSYNC', 10, (node) => number(node, node.status?.sync.p99Ms, msText)),
    { ...left('FAULTS', 45, (node) => faultCell(node, state)), shrinkTo: 10 },
  ];
  return specs.map(({ cellOf, ...spec }) => ({ ...spec, cells: state.picture.nodes.map(cellOf) }));
}

/** Numbers of a node that does not run are of the past, and drawn so. */
function number({ state }: NodeView, value: number | undefined, shown: (value: number) => string = String): Row {
  return value === undefined ? cell('-', 'dim') : cell(shown(value), state === 'up' ? 'plain' : 'dim');
}

function nameCell(node: NodeView, state: ConsoleState, look: Glyphs): Row {
  const marks = pointer(node.id === state.nodeCursor, state.marked.includes(node.id), look);
  return [...marks, span(node.id.slice(0, 40), node.state === 'up' ? 'bold' : 'dim')];
}

/** What it has not got on its disk of what is committed. */
function lagOf(node: NodeView, picture: ClusterPicture): Row {
  const leader = leaderOf(picture);
  if (leader === null || leader.status === null || node.status === null || node.id === leader.id) return cell('-', 'dim');
  const lag = Math.max(0, leader.status.commitIndex - diskIndex(node, picture));
  return cell(countText(lag), lag === 0 ? 'plain' : 'warn');
}

function timerCell(node: NodeView, state: ConsoleState, look: Glyphs): Row {
  const timer = timerOf(node, state.now);
  if (timer === null) return cell(hearsText(node), node.state === 'up' ? 'plain' : 'dim');
  const full = Math.round(timer.part * 8);
  return [span(look.full.repeat(full), 'warn'), span(look.empty.repeat(8 - full), 'dim'), span(` ${hearsText(node)}`, 'warn')];
}

function linkCell(node: NodeView, { picture }: ConsoleState, links: ReadonlyMap<string, LinkView>, look: Glyphs): Row {
  return picture.nodes.map((peer) => linkSpan(links.get(`${node.id}>${peer.id}`), look));
}

function linkSpan(link: LinkView | undefined, look: Glyphs): Span {
  const [glyph, style] = linkGlyph(link, look);
  return span(glyph, style);
}

function linkGlyph(link: LinkView | undefined, look: Glyphs): readonly [string, Style] {
  switch (link?.state) {
    case 'self':
      return [look.self, 'dim'];
    case 'ok':
      return [look.linkOk, 'good'];
    case 'impaired':
      return [look.linkSlow, 'warn'];
    case 'cut':
      return [look.linkCut, 'bad'];
    case 'down':
      return [look.linkDown, 'dim'];
    case 'lost':
      return [look.linkLost, 'warn'];
    default:
      return [' ', 'plain'];
  }
}

function rttCell(node: NodeView, { picture }: ConsoleState, links: ReadonlyMap<string, LinkView>): Row {
  if (picture.leader === null || picture.leader === node.id) return cell('-', 'dim');
  const rtt = links.get(`${picture.leader}>${node.id}`)?.rttMs ?? null;
  return rtt === null || node.state !== 'up' ? cell('-', 'dim') : cell(msText(rtt), rtt >= 50 ? 'warn' : 'plain');
}

/** The faults that touch this node; first whether its picture is old, which matters more. */
function faultCell(node: NodeView, state: ConsoleState): Row {
  const age = node.seenAt === null ? 0 : state.now - node.seenAt;
  const old = node.state === 'up' && age > OLD_MS ? [span(`silent ${ageText(age)}  `, 'warn')] : [];
  const commands = state.picture.faults.filter(({ nodes }) => nodes.includes(node.id)).map(({ command }) => command.slice(0, 60));
  return commands.length === 0 ? old : [...old, span(commands.join('; '), 'warn')];
}

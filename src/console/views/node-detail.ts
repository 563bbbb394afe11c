/** Everything that is known of one node. */
import type { NodeView } from '../../cluster/driver.ts';
import { leaderOf } from '../../commands/log-cells.ts';
import { ageText, countText, listText } from '../../commands/wording.ts';
import { bytesText, msText } from '../format.ts';
import { type Row, span } from '../rows.ts';
import type { ConsoleState } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { foreign } from '../width.ts';
import { cell, facts, roleGlyph, roleStyle, roleText, table, titleRow } from './parts.ts';

export function nodeDetailRows(state: ConsoleState, node: NodeView, width: number, look: Glyphs): readonly Row[] {
  const process = facts([
    [' pid', node.pid === null ? '-' : String(node.pid)],
    ['at', foreign(node.url, width)],
  ]);
  const head: Row = [span(` ${roleGlyph(node, look)} ${roleText(node)}`, roleStyle(node)), ...heard(state, node)];
  const { status } = node;
  const title = titleRow(`NODE ${node.id}`, width, look);
  if (status === null) return [title, head, process, cell(' It has not answered yet.', 'dim')];
  return [
    title,
    head,
    process,
    facts([
      [' term', String(status.term)],
      ['voted for', status.votedFor ?? 'nobody'],
      ['leader', status.leader ?? 'unknown'],
    ]),
    facts([
      [' last', `${status.lastIndex} (T${status.lastTerm})`],
      ['on disk', String(status.durableIndex)],
      ['commit', String(status.commitIndex)],
      ['applied', String(status.appliedIndex)],
    ]),
    facts([
      [' keys', countText(status.keys)],
      ['revision', countText(status.revision)],
      ['sessions', countText(status.sessions)],
    ]),
    facts([
      [' fsync p50', msText(status.sync.p50Ms)],
      ['p99', msText(status.sync.p99Ms)],
      ['worst', msText(status.sync.maxMs)],
    ]),
    facts([
      [' memory', bytesText(roundedTo(status.memoryBytes, 4_194_304))],
      ['queued', `${status.queues.proposals} writes, ${status.queues.reads} reads`],
    ]),
    facts([[' members', listText(status.configuration.voters.map(String))]]),
    ...(status.votes === null
      ? []
      : [
          facts([
            [' votes from', listText(status.votes.granted.map(String)) || 'nobody'],
            ['refused by', listText(status.votes.refused.map(String)) || 'nobody'],
          ]),
        ]),
    ...peerRows(node, width, look),
  ];
}

/** Small steps would repaint an idle screen for nothing. */
const roundedTo = (value: number, step: number): number => Math.round(value / step) * step;

function heard(state: ConsoleState, node: NodeView): Row {
  if (node.seenAt === null) return [span('   never heard', 'dim')];
  const age = state.now - node.seenAt;
  return age > 2_000 ? [span(`   last heard ${ageText(age)} ago`, node.state === 'up' ? 'warn' : 'dim')] : [];
}

/** What the leader knows of its followers, or of this one. */
function peerRows(node: NodeView, width: number, look: Glyphs): readonly Row[] {
  const peers = node.status?.peers ?? [];
  if (peers.length === 0 || node.state !== 'up') return [];
  const { header, rows } = table(
    [
      { title: ' PEER', align: 'left', keep: 100, cells: peers.map(({ id }) => [span(` ${id}`, 'bold')]) },
      { title: 'MATCH', align: 'right', keep: 90, cells: peers.map(({ matchIndex }) => cell(String(matchIndex))) },
      { title: 'NEXT', align: 'right', keep: 80, cells: peers.map(({ nextIndex }) => cell(String(nextIndex))) },
      { title: 'IN FLIGHT', align: 'right', keep: 60, cells: peers.map(({ inflight }) => cell(String(inflight))) },
      {
        title: 'STATE',
        align: 'left',
        keep: 70,
        cells: peers.map(({ state }) => cell(state, state === 'probe' ? 'warn' : 'plain')),
      },
    ],
    width,
    look,
  );
  return [[], header, ...rows];
}

/** The whole body: details left, and what the leader thinks of this node under them. */
export function nodeDetailView(state: ConsoleState, id: string, width: number, look: Glyphs): readonly Row[] {
  const node = state.picture.nodes.find((each) => each.id === id);
  if (node === undefined) return [cell(' This node is gone.', 'warn')];
  const leader = leaderOf(state.picture);
  const progress = leader?.status?.peers.find((peer) => peer.id === node.id);
  const rows = nodeDetailRows(state, node, width, look);
  const links = (node.status?.links ?? []).map(
    (link): Row => [
      span(` ${link.peer} `, 'bold'),
      span(link.connected ? 'connected' : 'not connected', link.connected ? 'good' : 'warn'),
      span(link.rttMs === null ? '' : `  round trip ${msText(link.rttMs)}`, 'dim'),
      span(link.queuedBytes === 0 ? '' : `  ${bytesText(link.queuedBytes)} queued`, 'warn'),
    ],
  );
  return [
    ...rows,
    ...(progress === undefined || leader === null
      ? []
      : [
          [],
          facts([
            [` on ${leader.id}: match`, String(progress.matchIndex)],
            ['next', String(progress.nextIndex)],
            ['in flight', String(progress.inflight)],
            ['state', progress.state],
          ]),
        ]),
    ...(links.length === 0 ? [] : [[], titleRow('LINKS', width, look), ...links]),
  ];
}

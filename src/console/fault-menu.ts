/** What `f` offers: for each line its letter, the command it is, and what would happen. Pure. */
import type { NodeId } from '../base/brand.ts';
import type { Capability, ClusterAction } from '../cluster/driver.ts';
import { consequenceOf } from '../commands/consequence.ts';
import { parseGroups } from '../commands/node-set.ts';
import { type ConsoleState, chosenNodes } from './state.ts';

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  /** The command as one would type it. */
  readonly line: string;
  /** Null: the line opens in the command line, to be completed or changed first. */
  readonly action: ClusterAction | null;
  readonly preview: string;
  readonly level: 0 | 1 | 2;
}

export function menuItems(state: ConsoleState): readonly MenuItem[] {
  const nodes = chosenNodes(state);
  const [first] = nodes;
  if (first === undefined) return [];
  const can = (capability: Capability): boolean => state.capabilities.has(capability);
  return [
    ...(can('process-faults') ? processItems(state, nodes) : []),
    ...(can('link-faults') ? linkItems(state, nodes, first) : []),
    ...(nodes.length === 1 ? steering(state, first) : []),
  ];
}

function processItems(state: ConsoleState, nodes: readonly NodeId[]): readonly MenuItem[] {
  const names = nodes.join(',');
  const states = new Set(state.picture.nodes.filter(({ id }) => nodes.includes(id)).map((node) => node.state));
  return [
    ...(states.has('up') || states.has('paused')
      ? [item(state, 'k', 'kill -9', `kill ${names}`, { type: 'kill', nodes, forMs: null })]
      : []),
    ...(states.has('down') ? [item(state, 'r', 'restart', `restart ${names}`, { type: 'restart', nodes })] : []),
    ...(states.has('up') ? [item(state, 'z', 'pause', `pause ${names}`, { type: 'pause', nodes, forMs: null })] : []),
    ...(states.has('paused') ? [item(state, 'g', 'resume', `resume ${names}`, { type: 'resume', nodes })] : []),
  ];
}

function linkItems(state: ConsoleState, nodes: readonly NodeId[], first: NodeId): readonly MenuItem[] {
  const names = nodes.join(',');
  const rest = state.picture.nodes.map(({ id }) => id).filter((id) => !nodes.includes(id));
  const far = nodes[1] ?? state.picture.nodes.find(({ id }) => id !== first && id === state.picture.leader)?.id ?? rest[0];
  if (rest.length === 0 && nodes.length < 2) return [];
  const partition: ClusterAction = { type: 'partition', groups: [nodes, rest], forMs: null };
  return [
    item(state, 'i', 'isolate', `isolate ${names}`, { type: 'isolate', nodes, forMs: null }),
    ...(nodes.length > 1 && rest.length > 0
      ? [item(state, 'p', 'partition', `partition ${names} / ${rest.join(',')}`, partition)]
      : []),
    ...(nodes.length === 1 ? shapes(state, first) : []),
    ...(far === undefined
      ? []
      : [
          written('o', 'cut 1-way', `cut ${first} ${far}`),
          written('l', 'latency', `link ${first} ${far} --delay 80ms..120ms --both`),
          written('d', 'drop', `link ${first} ${far} --drop 30% --both`),
          written('x', 'duplicate', `link ${first} ${far} --duplicate 30% --both`),
        ]),
  ];
}

/** Whole networks out of shape, as they go by names. */
function shapes(state: ConsoleState, node: NodeId): readonly MenuItem[] {
  const all = state.picture.nodes.map(({ id }) => id);
  const scope = { picture: state.picture, marked: [], cursor: null, random: () => 0 };
  const shape = (key: string, label: string, text: string): MenuItem =>
    item(state, key, label, `partition ${text}`, { type: 'partition', groups: parseGroups(text, scope), forMs: null });
  return [
    ...(all.length >= 3 ? [shape('m', 'minority', 'minority'), shape('b', 'bridge', `bridge ${node}`)] : []),
    ...(all.length >= 4 ? [shape('n', 'ring', 'ring')] : []),
  ];
}

function steering(state: ConsoleState, node: NodeId): readonly MenuItem[] {
  const transfer: ClusterAction = { type: 'transfer', to: node };
  const canTransfer =
    state.capabilities.has('transfer-leadership') && state.picture.leader !== node && state.picture.leader !== null;
  return [
    item(state, 'e', 'election', `elect ${node}`, { type: 'campaign', node }),
    ...(canTransfer ? [item(state, 't', 'transfer', `transfer ${node}`, transfer)] : []),
    ...(state.picture.faults.length > 0 ? [item(state, 'h', 'heal all', 'heal', { type: 'heal', fault: null })] : []),
  ];
}

function item(state: ConsoleState, key: string, label: string, line: string, action: ClusterAction): MenuItem {
  const { level, text } = consequenceOf(state.picture, action);
  return { key, label, line, action, preview: text, level };
}

const written = (key: string, label: string, line: string): MenuItem => ({
  key,
  label,
  line,
  action: null,
  preview: `writes: ${line}`,
  level: 0,
});

/** Looking at the cluster as a whole, and steering it without breaking it. */
import type { CommandSpec, ParamSpec } from './command.ts';
import { required, scopeOf } from './flags.ts';
import { parseNode } from './node-set.ts';
import { runAction } from './run-action.ts';
import { columns, statusJson, statusLines } from './status-report.ts';

const REFRESH_MS = 1_000;
const NODE: ParamSpec = { name: 'node', kind: 'node', summary: 'a node: n2, or random', required: true };

const status: CommandSpec = {
  name: 'status',
  aliases: [],
  group: 'cluster',
  summary: 'Show every node with its role, term and log positions.',
  params: [],
  flags: [],
  examples: ['status'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  run: async ({ driver }) => {
    await driver.refresh(REFRESH_MS);
    const picture = driver.picture();
    return { lines: statusLines(picture), json: statusJson(picture), exit: 0 };
  },
};

const nodes: CommandSpec = {
  name: 'nodes',
  aliases: [],
  group: 'cluster',
  summary: 'List the nodes with their addresses and processes.',
  params: [],
  flags: [],
  examples: ['nodes'],
  surfaces: ['shell'],
  needs: null,
  run: async ({ driver }) => {
    const list = driver.picture().nodes;
    const rows = list.map((node) => [node.id, node.state, node.pid === null ? '-' : String(node.pid), node.url]);
    return {
      lines: columns([['NODE', 'STATE', 'PID', 'URL'], ...rows], [2]),
      json: { nodes: list.map(({ id, state, pid, url }) => ({ id, state, pid, url })) },
      exit: 0,
    };
  },
};

const transfer: CommandSpec = {
  name: 'transfer',
  aliases: [],
  group: 'cluster',
  summary: 'Hand the leadership to a node, without an outage.',
  params: [NODE],
  flags: [],
  examples: ['transfer n3'],
  surfaces: ['argv', 'shell', 'key'],
  needs: 'transfer-leadership',
  action: (context, args) => ({ type: 'transfer', to: parseNode(required(args, 'node'), scopeOf(context)) }),
  run: (context, args) =>
    runAction(context.driver, { type: 'transfer', to: parseNode(required(args, 'node'), scopeOf(context)) }),
};

const elect: CommandSpec = {
  name: 'elect',
  aliases: ['campaign'],
  group: 'cluster',
  summary: 'Let a node stand for election now; a living leader stays.',
  params: [NODE],
  flags: [],
  examples: ['elect n2'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  action: (context, args) => ({ type: 'campaign', node: parseNode(required(args, 'node'), scopeOf(context)) }),
  run: (context, args) =>
    runAction(context.driver, { type: 'campaign', node: parseNode(required(args, 'node'), scopeOf(context)) }),
};

const stop: CommandSpec = {
  name: 'stop',
  aliases: [],
  group: 'cluster',
  summary: 'Stop all nodes; their data stays on disk.',
  params: [],
  flags: [],
  examples: ['stop'],
  surfaces: ['shell', 'key'],
  needs: 'stop-cluster',
  action: () => ({ type: 'stop' }),
  run: ({ driver }) => runAction(driver, { type: 'stop' }),
};

export const CLUSTER_COMMANDS: readonly CommandSpec[] = [status, nodes, transfer, elect, stop];

/** Everything that breaks a cluster or mends it. Each is an action, so that its consequence can be told before. */
import type { ClusterAction, ClusterPicture } from '../cluster/driver.ts';
import { type Arguments, type CommandContext, type CommandSpec, type ParamSpec, UsageError } from './command.ts';
import { formatElapsed, parseDurationRange } from './duration.ts';
import { fault, NODES, nodesOf } from './fault-command.ts';
import { durationFlag, FOR, parseInteger, probabilityFlag, required, scopeOf, textFlag } from './flags.ts';
import { NODE_FAULT_COMMANDS } from './node-fault-commands.ts';
import { parseGroups, parseNode } from './node-set.ts';

const FROM: ParamSpec = { name: 'from', kind: 'node', summary: 'the node that sends', required: true };
const TO: ParamSpec = { name: 'to', kind: 'node', summary: 'the node that receives', required: true };

const kill = fault(
  {
    name: 'kill',
    summary: 'End nodes at once, as kill -9 does; heal or restart brings them back.',
    params: [NODES],
    flags: [FOR],
    examples: ['kill leader', 'kill n2,n3 --for 10s'],
    needs: 'process-faults',
  },
  (context, args) => ({ type: 'kill', nodes: nodesOf(context, args), forMs: durationFlag(args, 'for') }),
);

const restart = fault(
  {
    name: 'restart',
    summary: 'Start nodes again that were killed; those that run are stopped first.',
    params: [NODES],
    flags: [],
    examples: ['restart n2', 'restart all'],
    needs: 'process-faults',
  },
  (context, args) => ({ type: 'restart', nodes: nodesOf(context, args) }),
);

const pause = fault(
  {
    name: 'pause',
    summary: 'Freeze nodes where they stand (SIGSTOP): alive, connected, silent.',
    params: [NODES],
    flags: [FOR],
    examples: ['pause leader --for 5s', 'pause n3'],
    needs: 'process-faults',
  },
  (context, args) => ({ type: 'pause', nodes: nodesOf(context, args), forMs: durationFlag(args, 'for') }),
);

const resume = fault(
  {
    name: 'resume',
    summary: 'Let paused nodes run on (SIGCONT).',
    params: [NODES],
    flags: [],
    examples: ['resume n3', 'resume all'],
    needs: 'process-faults',
  },
  (context, args) => ({ type: 'resume', nodes: nodesOf(context, args) }),
);

const isolate = fault(
  {
    name: 'isolate',
    summary: 'Cut nodes off from all the others, in both directions.',
    params: [NODES],
    flags: [FOR],
    examples: ['isolate leader', 'isolate n4 --for 30s'],
    needs: 'link-faults',
  },
  (context, args) => ({ type: 'isolate', nodes: nodesOf(context, args), forMs: durationFlag(args, 'for') }),
);

const partition = fault(
  {
    name: 'partition',
    summary: 'Split the cluster into groups that cannot reach each other.',
    params: [
      {
        name: 'groups',
        kind: 'groups',
        summary: 'node sets with / between them; one alone stands against all the others; or ring, bridge NODE',
        required: true,
        rest: true,
      },
    ],
    flags: [FOR],
    examples: [
      'partition n1,n2 / n3,n4,n5',
      'partition leader --for 10s',
      'partition minority',
      'partition ring',
      'partition bridge n3',
    ],
    needs: 'link-faults',
  },
  (context, args) => ({
    type: 'partition',
    groups: parseGroups(args.rest.join(' '), scopeOf(context)),
    forMs: durationFlag(args, 'for'),
  }),
);

const BOTH = { name: 'both', value: null, summary: 'in both directions' } as const;

const link = fault(
  {
    name: 'link',
    summary: 'Make the messages from one node to another get lost, late or doubled.',
    params: [FROM, TO],
    flags: [
      { name: 'drop', value: 'number', summary: 'probability that a message is lost: 0.3 or 30%' },
      { name: 'delay', value: 'duration', summary: 'extra latency, drawn anew for each message: 80ms..120ms' },
      { name: 'duplicate', value: 'number', summary: 'probability that a message arrives twice' },
      BOTH,
      { name: 'instead', value: null, summary: 'in the place of what was set on this link before; undo brings that back' },
      FOR,
    ],
    examples: [
      'link n1 n5 --drop 1',
      'link leader n3 --delay 80ms..120ms --both',
      'link n2 n3 --drop 20% --duplicate 0.1 --for 1m',
      'link n2 n3 --drop 40% --instead',
    ],
    needs: 'link-faults',
  },
  (context, args) => {
    const drop = probabilityFlag(args, 'drop');
    const delay = textFlag(args, 'delay');
    const duplicate = probabilityFlag(args, 'duplicate');
    if (drop === null && delay === null && duplicate === null) {
      throw new UsageError('what should happen on the link?', { next: 'add --drop 0.3, --delay 80ms..120ms or --duplicate 0.1' });
    }
    return linkAction(context, args, drop ?? 0, delay === null ? [0, 0] : parseDurationRange(delay), duplicate ?? 0);
  },
);

const cut = fault(
  {
    name: 'cut',
    summary: 'Lose every message from one node to another.',
    params: [FROM, TO],
    flags: [BOTH, FOR],
    examples: ['cut n1 n5', 'cut leader n3 --both --for 10s'],
    needs: 'link-faults',
  },
  (context, args) => linkAction(context, args, 1, [0, 0], 0),
);

const heal = fault(
  {
    name: 'heal',
    summary: 'End one fault by its number, or all of them.',
    params: [{ name: 'id', kind: 'number', summary: 'the number of the fault; faults lists them', required: false }],
    flags: [],
    examples: ['heal', 'heal 3'],
    needs: null,
  },
  (context, args) => ({ type: 'heal', fault: faultId(context.driver.picture(), args.values.get('id')) }),
);

const undo = fault(
  {
    name: 'undo',
    summary: 'End the newest fault; a link that was changed goes back one step.',
    params: [],
    flags: [],
    examples: ['undo'],
    needs: null,
  },
  () => ({ type: 'undo' }),
);

const faults: CommandSpec = {
  name: 'faults',
  aliases: ['ls'],
  group: 'faults',
  summary: 'List the faults that are active.',
  params: [],
  flags: [],
  examples: ['faults'],
  surfaces: ['argv', 'shell'],
  needs: null,
  run: async ({ driver }) => {
    const active = driver.picture().faults;
    const now = Date.now();
    const lines = active.map((each) => {
      const ends = each.until === null ? '' : `  ends in ${formatElapsed(Math.max(0, each.until - now))}`;
      return `${each.id}  ${each.command}  for ${formatElapsed(Math.max(0, now - each.since))}${ends}  by ${each.owner}`;
    });
    const rows = active.map((each) => [
      String(each.id),
      each.command,
      formatElapsed(Math.max(0, now - each.since)),
      each.until === null ? '' : formatElapsed(Math.max(0, each.until - now)),
      each.owner,
    ]);
    const table = { columns: ['ID', 'FAULT', 'FOR', 'ENDS IN', 'BY'], rows };
    return { lines: lines.length === 0 ? ['no faults are active'] : lines, json: { faults: active }, exit: 0, table };
  },
};

export const FAULT_COMMANDS: readonly CommandSpec[] = [
  kill,
  restart,
  pause,
  resume,
  isolate,
  partition,
  link,
  cut,
  ...NODE_FAULT_COMMANDS,
  heal,
  undo,
  faults,
];

function linkAction(
  context: CommandContext,
  args: Arguments,
  drop: number,
  delayMs: readonly [number, number],
  duplicate: number,
): ClusterAction {
  const scope = scopeOf(context);
  const from = parseNode(required(args, 'from'), scope);
  const to = parseNode(required(args, 'to'), scope);
  if (from === to) throw new UsageError('a link has two ends', { next: 'name two different nodes' });
  const instead = args.flags.has('instead') ? { instead: true } : {};
  const bothWays = args.flags.has('both');
  return { type: 'link', from, to, bothWays, drop, delayMs, duplicate, forMs: durationFlag(args, 'for'), ...instead };
}

function faultId(picture: ClusterPicture, text: string | undefined): number | null {
  if (text === undefined || text === 'all') return null;
  const id = parseInteger(text.replace(/^#/, ''), 'the fault number', 0, Number.MAX_SAFE_INTEGER);
  if (picture.faults.some((active) => active.id === id)) return id;
  const known = picture.faults.map((active) => active.id).join(', ');
  throw new UsageError(`there is no fault ${id}`, { next: known === '' ? 'no faults are active' : `active faults: ${known}` });
}

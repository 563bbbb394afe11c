/** The cluster in words that are the same in every run: no times, no processes, no indices. */
import type { NodeId } from '../base/brand.ts';
import type { NodeView } from '../cluster/driver.ts';
import { quote } from '../commands/quote.ts';
import type { LogRow } from '../replica/status.ts';
import { standsAs } from './judge.ts';
import type { Stage } from './stage.ts';

const READ_MS = 500;
const WHOLE = { start: '', end: null, prefix: null, limit: 0, reverse: false, keysOnly: false, countOnly: false } as const;

export function rolesOf(stage: Stage, nodes: string): readonly string[] {
  const views = stage.views(nodes);
  stage.terms.meet(views.flatMap((view) => (standsAs(view, 'leader') && view.status !== null ? [view.status.term] : [])));
  return stage.names.lines(new Map(views.map((view) => [view.id, roleOf(stage, view)])));
}

function roleOf(stage: Stage, view: NodeView): string {
  const { id, state, status } = view;
  if (state !== 'up') return state;
  if (status !== null && standsAs(view, 'leader')) {
    const term = stage.terms.name(status.term);
    return stage.picture.leader === id ? `leading in ${term}` : `believing that it leads, in ${term}`;
  }
  if (standsAs(view, 'follower') && status?.leader != null) return `following ${stage.names.nameOf(status.leader)}`;
  return 'without a leader';
}

/** `x=1@t1 | x=2@t2`: the value that an entry sets, its term; what the node knows to be committed is left of the bar. */
export async function logsOf(stage: Stage, nodes: string): Promise<readonly string[]> {
  const logs = new Map<NodeView, readonly LogRow[]>();
  const views = stage.views(nodes);
  for (const view of views) {
    const rows = view.state === 'up' ? await stage.entries(view.id) : null;
    if (rows !== null) logs.set(view, rows);
  }
  stage.terms.meet([...logs.values()].flat().map(({ term }) => term));
  const contents = views.map((view): readonly [NodeId, string] => {
    const rows = logs.get(view);
    return [view.id, rows === undefined ? view.state : logOf(stage, rows, view.status?.commitIndex ?? 0)];
  });
  return stage.names.lines(new Map(contents));
}

function logOf(stage: Stage, rows: readonly LogRow[], commit: number): string {
  const words = (part: readonly LogRow[]): readonly string[] =>
    part.map((row) => `${entryWords(row)}@${stage.terms.name(row.term)}`);
  const committed = words(rows.filter(({ index }) => index <= commit));
  const open = words(rows.filter(({ index }) => index > commit));
  return [...committed, '|', ...open].join(' ');
}

/** `-` is the entry with which a leader begins its term. */
function entryWords({ kind, text }: LogRow): string {
  if (kind === 'noop') return '-';
  const [, putKey, putValue] = /^put (\S+) "(.*)"$/.exec(text) ?? [];
  if (putKey !== undefined) return `${putKey}=${putValue}`;
  const [, deleted] = /^delete (\S+)$/.exec(text) ?? [];
  if (deleted !== undefined) return `${deleted}=(nil)`;
  const [, casKey, from, to] = /^cas (\S+) (absent|".*") -> "(.*)"$/.exec(text) ?? [];
  return casKey === undefined ? text : `${casKey}:${from === 'absent' ? '(nil)' : from?.slice(1, -1)}->${to}`;
}

/** What each node would answer to a stale read of all keys. */
export async function keysOf(stage: Stage, nodes: string): Promise<readonly string[]> {
  const contents = new Map<NodeId, string>();
  for (const { id, state } of stage.views(nodes)) contents.set(id, state === 'up' ? await storeOf(stage, id) : state);
  return stage.names.lines(contents);
}

async function storeOf(stage: Stage, node: NodeId): Promise<string> {
  try {
    const answer = await stage.world.run(stage.world.ask(node, { type: 'range', query: WHOLE, stale: true }, READ_MS));
    if (answer.type !== 'range') return 'no answer';
    const pairs = answer.result.kvs.map(({ key, value }) => `${key}=${/^[\w.:-]+$/.test(value) ? value : quote(value)}`);
    return pairs.length === 0 ? '(empty)' : pairs.join(' ');
  } catch {
    return 'no answer';
  }
}

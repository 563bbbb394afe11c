/** Looks whether a condition is so. */
import { unreachable } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import type { NodeView } from '../cluster/driver.ts';
import type { Condition, Standing } from './condition.ts';
import type { Stage } from './stage.ts';

const READ_MS = 500;

/** Throws UsageError when its nodes mean nothing. */
export async function isSo(condition: Condition, stage: Stage): Promise<boolean> {
  switch (condition.type) {
    case 'leader':
      return isLed(stage, stage.nodes(condition.among));
    case 'no-leader':
      return stage.picture.leader === null;
    case 'agree':
      return agree(stage.views(condition.nodes));
    case 'follow': {
      const leader = stage.node(condition.leader);
      return stage.views(condition.nodes).every((node) => standsAs(node, 'follower') && node.status?.leader === leader);
    }
    case 'standing':
      return stage.views(condition.nodes).every((node) => standsAs(node, condition.standing) !== condition.not);
    case 'snapshot':
      return stage.views(condition.nodes).every(({ status }) => (status?.snapshotIndex ?? 0) > 0 !== condition.not);
    case 'entries':
      return everyOne(stage.nodes(condition.nodes), async (id) => (await stage.entries(id))?.length === condition.count);
    case 'value':
      return everyOne(stage.nodes(condition.nodes), async (id) => (await valueAt(stage, id, condition.key)) === condition.value);
    default:
      return unreachable(condition);
  }
}

/** The newest term that anybody knows is that of a leader who has committed something in it: who is asked now, is answered. */
function isLed({ picture }: Stage, among: readonly NodeId[]): boolean {
  const leader = picture.nodes.find(({ id }) => id === picture.leader)?.status ?? null;
  if (leader === null || !among.includes(leader.id)) return false;
  const newest = Math.max(...picture.nodes.filter(({ state }) => state === 'up').map(({ status }) => status?.term ?? 0));
  return leader.term === newest && leader.tail.terms[leader.commitIndex - leader.tail.first] === leader.term;
}

function agree(views: readonly NodeView[]): boolean {
  const [first] = views;
  const status = first?.status ?? null;
  return views.every(({ state, status: each }) => {
    if (state !== 'up' || each === null || status === null) return false;
    const { lastIndex, lastTerm, appliedIndex } = each;
    return lastIndex === status.lastIndex && lastTerm === status.lastTerm && appliedIndex === lastIndex;
  });
}

export function standsAs({ state, status }: NodeView, standing: Standing): boolean {
  const isUp = state === 'up' && status !== null;
  switch (standing) {
    case 'up':
    case 'paused':
    case 'down':
      return state === standing;
    case 'leader':
      return isUp && status.role === 'leader';
    case 'follower':
      return isUp && status.role === 'follower' && status.leader !== null;
    case 'leaderless':
      return isUp && status.role !== 'leader' && status.leader === null;
  }
}

/** Null also for a node that does not answer. */
async function valueAt(stage: Stage, node: NodeId, key: string): Promise<string | null | undefined> {
  try {
    const answer = await stage.world.run(stage.world.ask(node, { type: 'get', key, stale: true }, READ_MS));
    return answer.type === 'get' ? (answer.kv?.value ?? null) : undefined;
  } catch {
    return undefined;
  }
}

async function everyOne(nodes: readonly NodeId[], test: (node: NodeId) => Promise<boolean>): Promise<boolean> {
  for (const node of nodes) if (!(await test(node))) return false;
  return true;
}

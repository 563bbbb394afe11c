/** The standing answer to "how is it, and what must not happen next?", in one sentence. Pure. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';
import { bestReach, type Connectivity, connectivityOf, faultsCutting, majorityOf, partnersOf } from '../commands/connectivity.ts';
import { diskIndex, divergence, leaderOf } from '../commands/log-cells.ts';
import { listText, plural } from '../commands/wording.ts';
import type { Severity } from './state.ts';

export interface Diagnosis {
  readonly severity: Severity;
  readonly text: string;
  /** The same where there is less room. */
  readonly short?: string;
}

/** A follower this far behind is worth a word. */
const LAG_WORTH_SAYING = 200;

/** `healKey`: what to press to heal all. */
export function diagnose(picture: ClusterPicture, healKey = 'H'): Diagnosis {
  const count = picture.nodes.length;
  if (count === 0) return { severity: 'warn', text: 'No node is known yet.' };
  const links = connectivityOf(picture);
  if (links.running.size === 0)
    return { severity: 'error', text: `No node runs: nothing can be read or written. ${remedy(picture, healKey)}` };
  const quorum = majorityOf(count);
  const reach = bestReach(links);
  if (reach < quorum) return stopped(picture, reach, quorum, healKey);
  const leader = leaderOf(picture);
  if (leader === null) return halted(picture, quorum) ?? leaderless(picture);
  const own = partnersOf(leader.id, links).length;
  if (own < quorum) {
    return {
      severity: 'warn',
      text: `${leader.id} leads but reaches only ${own} of ${count}: it steps down, and the others elect.`,
    };
  }
  return (
    thin(picture, links, quorum) ??
    repairing(picture, leader) ??
    behind(picture, leader) ??
    allWell(picture, leader, reach, quorum)
  );
}

function stopped(picture: ClusterPicture, reach: number, quorum: number, healKey: string): Diagnosis {
  const text = `Writes are stopped: ${reach} of ${picture.nodes.length} can work together, ${quorum} are needed. ${remedy(picture, healKey)}`;
  return { severity: 'error', text };
}

function remedy({ nodes, faults }: ClusterPicture, healKey: string): string {
  const down = nodes.filter((node) => node.state === 'down').map(({ id }) => id);
  const paused = nodes.filter((node) => node.state === 'paused').map(({ id }) => id);
  if (faults.length > 0) return `${healKey} heals all faults.`;
  if (down.length > 0) return `Restart ${listText(down, 'or')}.`;
  return paused.length > 0 ? `Resume ${listText(paused, 'or')}.` : '';
}

const repairers = ({ nodes }: ClusterPicture): readonly NodeId[] =>
  nodes.filter(({ state, status }) => state === 'up' && status?.repairing).map(({ id }) => id);

/** Damaged logs are given back by a leader, and a leader takes a majority of whole ones. */
function halted(picture: ClusterPicture, quorum: number): Diagnosis | null {
  const damaged = repairers(picture);
  const whole = picture.nodes.length - damaged.length;
  if (whole >= quorum) return null;
  const logs = damaged.length === 1 ? 'its log' : 'their logs';
  const text = `Writes are stopped: ${listText(damaged)} lost part of ${logs}, and ${plural(whole, 'whole log')} cannot elect. Restore one from a backup.`;
  return { severity: 'error', text };
}

function repairing(picture: ClusterPicture, leader: NodeView): Diagnosis | null {
  const [first, ...others] = repairers(picture);
  if (first === undefined) return null;
  const who = listText([first, ...others]);
  const logs = others.length === 0 ? 'is repairing its log: no vote' : 'are repairing their logs: no votes';
  return { severity: 'warn', text: `${who} ${logs} until ${leader.id} has given back what was lost.` };
}

function leaderless({ nodes }: ClusterPicture): Diagnosis {
  const standing = nodes.filter(
    ({ state, status }) => state === 'up' && (status?.role === 'candidate' || status?.role === 'pre-candidate'),
  );
  const names = standing.map(
    ({ id, status }) => `${id} for T${(status?.term ?? 0) + (status?.role === 'pre-candidate' ? 1 : 0)}`,
  );
  if (names.length > 0)
    return { severity: 'warn', text: `No leader: ${listText(names)} ${names.length === 1 ? 'stands' : 'stand'} for election.` };
  return { severity: 'warn', text: 'No leader: an election follows when a timer runs out.' };
}

/** Whose loss alone would take the majority away. */
function thin(picture: ClusterPicture, links: Connectivity, quorum: number): Diagnosis | null {
  const critical = links.all.filter((id) => {
    if (!links.running.has(id)) return false;
    const without = { ...links, running: new Set([...links.running].filter((other) => other !== id)) };
    return bestReach(without) < quorum;
  });
  if (critical.length === 0) return null;
  if (picture.nodes.length === 1)
    return { severity: 'info', text: 'A single node: while it is down, nothing can be read or written.' };
  const healthy = critical.length === picture.nodes.length;
  const who = healthy ? 'any node' : listText(critical, 'or');
  return { severity: healthy ? 'info' : 'warn', text: `One more loss of ${who} stops all writes.` };
}

function behind(picture: ClusterPicture, leader: NodeView): Diagnosis | null {
  const { nodes } = picture;
  for (const node of nodes) {
    const gone = divergence(node, picture);
    if (gone !== null) {
      const entries = plural(gone.count, 'entry', 'entries');
      return {
        severity: 'info',
        text: `${node.id} holds ${entries} of ${listText(gone.terms.map((term) => `T${term}`))} that will be truncated once it hears ${leader.id}.`,
      };
    }
  }
  const lags = nodes
    .filter(({ state, status }) => state === 'up' && status !== null)
    .map((node) => ({ id: node.id, lag: (leader.status?.commitIndex ?? 0) - diskIndex(node, picture) }))
    .filter(({ lag }) => lag > LAG_WORTH_SAYING);
  const [worst] = lags.toSorted((a, b) => b.lag - a.lag);
  if (worst === undefined) return null;
  const cause = picture.faults.findLast(({ nodes: touched }) => touched.includes(worst.id));
  const why = cause === undefined ? ' and catches up' : ` (fault ${cause.id}: ${cause.command})`;
  return { severity: 'info', text: `${worst.id} is ${plural(worst.lag, 'entry', 'entries')} behind${why}.` };
}

/** Who runs and does not hear the leader, and the fault that keeps its word away; null when there is none. */
function deaf(picture: ClusterPicture, leader: NodeView): string | null {
  const names = picture.nodes
    .filter(({ id, state, status }) => id !== leader.id && state === 'up' && status !== null && status.leader !== leader.id)
    .map(({ id }) => id);
  const [first] = names;
  if (first === undefined) return null;
  const [cut] = faultsCutting(picture, leader.id, first);
  const cause = cut === undefined ? '' : ` (fault ${cut.id}: ${cut.command})`;
  return `${listText(names)} ${names.length === 1 ? 'does' : 'do'} not hear ${leader.id}${cause}.`;
}

/** Who does not run, or has not spoken yet, and the fault that is why; null when there is none. */
function away({ nodes, faults }: ClusterPicture, leader: NodeView): string | null {
  const gone = nodes.filter(({ state, status }) => state !== 'up' || status === null);
  const [first] = gone;
  if (first === undefined) return null;
  const states = [...new Set(gone.map(({ state }) => (state === 'up' ? 'starting' : state)))].join(' or ');
  const fault = faults.findLast(({ kind, nodes: hit }) => ENDING.has(kind) && hit.includes(first.id));
  const cause = fault === undefined ? '' : ` (fault ${fault.id}: ${fault.command})`;
  const who = `${listText(gone.map(({ id }) => id))} ${gone.length === 1 ? 'is' : 'are'} ${states}${cause}`;
  return gone.length === nodes.length - 1 ? `${who}.` : `${who}, all others hear ${leader.id}.`;
}

const ENDING: ReadonlySet<string> = new Set(['kill', 'pause', 'power-loss']);

function allWell(picture: ClusterPicture, leader: NodeView, reach: number, quorum: number): Diagnosis {
  const spare = reach - quorum;
  const unheard = deaf(picture, leader);
  const amiss = unheard ?? away(picture, leader);
  if (amiss === null)
    return { severity: 'info', text: `All hear ${leader.id}. ${plural(spare, 'node')} may fail before writes stop.` };
  return {
    severity: unheard === null ? 'info' : 'warn',
    text: `${amiss} ${plural(spare, `${unheard === null ? 'more ' : ''}node`)} may fail before writes stop.`,
    short: `${amiss} ${spare} more may fail.`,
  };
}

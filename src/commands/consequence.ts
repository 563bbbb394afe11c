/** What an action will do, told before it is done. Pure, so that it can be computed on every key press. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterAction, ClusterPicture } from '../cluster/driver.ts';
import {
  afterAction,
  bestReach,
  type Connectivity,
  connectivityOf,
  isCrippling,
  majorityOf,
  newestFault,
  partnersOf,
} from './connectivity.ts';
import { formatDuration } from './duration.ts';
import { electionText, forecast, type Notice } from './forecast.ts';
import { goesBackTo, linkFaultOf } from './link-rule.ts';
import { clockWords, diskWords, stallWords } from './node-consequence.ts';

/**
 * 0: reversible and writes go on: do it. 1: writes would stop, or several nodes are hit: ask y/N.
 * 2: data or the cluster itself would be lost: have its name typed.
 */
export interface Consequence {
  readonly level: 0 | 1 | 2;
  readonly text: string;
}

/** Reckons with what is known now; the picture may be old, so it is a preview and not a promise. */
export function consequenceOf(picture: ClusterPicture, action: ClusterAction): Consequence {
  switch (action.type) {
    case 'kill':
    case 'pause':
    case 'isolate':
      return ofLosing(picture, action, action.nodes);
    case 'power-loss':
      return withWords('what was not synced may be lost', ofLosing(picture, action, action.nodes));
    case 'rot':
      return ofRot(action);
    case 'disk':
      return ofDisk(picture, action);
    case 'clock':
      return { level: 0, text: `${clockWords(picture, action)}${lasting(action.forMs)}` };
    case 'stall':
      return { level: action.nodes.length > 1 ? 1 : 0, text: stallWords(picture, action) };
    case 'partition':
      return ofPartition(picture, action);
    case 'link':
      return ofLink(action.instead === true ? withoutFormer(picture, action) : picture, action);
    case 'restart':
      return ofRestart(picture, action);
    case 'resume':
      return ofReturning(picture, action);
    case 'heal':
    case 'undo':
      return ofHealing(picture, action);
    case 'transfer':
      return ofTransfer(picture, action.to);
    case 'campaign':
      return ofCampaign(picture, action.node);
    case 'stop':
      return { level: 2, text: `all ${plural(picture.nodes.length, 'node')} stop, for everyone; the data stays on disk` };
  }
}

function ofLosing(
  picture: ClusterPicture,
  action: ClusterAction & { forMs: number | null },
  nodes: readonly NodeId[],
): Consequence {
  const before = connectivityOf(picture);
  const idle = nodes.filter((id) => !before.running.has(id));
  if (idle.length === nodes.length) return { level: 0, text: `${list(idle)} ${idle.length === 1 ? 'does' : 'do'} not run now` };
  const after = afterAction(before, picture, action);
  const { text, stops } = compare(picture, before, after);
  const election = stops ? '' : `${electionText(forecast(picture, after, noticeOf(action)))}, `;
  const leads = picture.leader !== null && nodes.includes(picture.leader) ? `${picture.leader} leads: ${election}` : '';
  return { level: stops || nodes.length > 1 ? 1 : 0, text: `${leads}${text}${lasting(action.forMs)}` };
}

function noticeOf(action: ClusterAction): Notice {
  if (action.type === 'disk') return action.effect.fail === null ? 'disk' : 'closed';
  return action.type === 'kill' || action.type === 'power-loss' ? 'closed' : 'silence';
}

function ofDisk(picture: ClusterPicture, action: ClusterAction & { type: 'disk' }): Consequence {
  const words = diskWords(action.effect, action.nodes);
  if (isCrippling(action.effect)) return withWords(words, ofLosing(picture, action, action.nodes));
  const leads = picture.leader !== null && action.nodes.includes(picture.leader) ? `${picture.leader} leads: ` : '';
  return { level: 0, text: `${leads}${words}${lasting(action.forMs)}` };
}

function ofRot({ nodes, force }: ClusterAction & { type: 'rot' }): Consequence {
  const who = `${list(nodes)} ${nodes.length === 1 ? 'is' : 'are'} killed and bits of the log turned over`;
  if (force) return { level: 2, text: `${who}, be it a majority: acknowledged writes may be lost for ever` };
  return { level: 1, text: `${who}; after the start what was lost comes back from a leader, if a majority is whole` };
}

function withWords(words: string, { level, text }: Consequence): Consequence {
  return { level, text: `${words}; ${text}` };
}

/** The sentence about the quorum, and whether writes that go on now would stop. */
function compare(picture: ClusterPicture, before: Connectivity, after: Connectivity): { text: string; stops: boolean } {
  const count = picture.nodes.length;
  const quorum = majorityOf(count);
  const left = bestReach(after);
  const had = bestReach(before) >= quorum;
  if (left < quorum) {
    const writes = had ? 'writes stop' : 'writes stay stopped';
    return { text: `${left} of ${count} left, no quorum: ${writes}`, stops: had };
  }
  const spare = left === quorum ? ', none to spare' : '';
  return { text: `${left} of ${count} left, quorum ${quorum}${spare}`, stops: false };
}

function ofPartition(picture: ClusterPicture, action: ClusterAction & { type: 'partition' }): Consequence {
  const before = connectivityOf(picture);
  const after = afterAction(before, picture, action);
  const quorum = majorityOf(picture.nodes.length);
  if (new Set(action.groups.flat()).size < action.groups.flat().length) return ofOverlap(picture, action, before, after);
  const working = action.groups.find((group) => group.some((id) => partnersOf(id, after).length >= quorum));
  if (working === undefined) {
    const { text, stops } = compare(picture, before, after);
    return { level: stops ? 1 : 0, text: `no side has a quorum: ${stops ? 'writes stop' : text}${lasting(action.forMs)}` };
  }
  const leaderOutside = picture.leader !== null && !working.includes(picture.leader);
  const election = leaderOutside
    ? `; ${picture.leader} leads on the other side: ${electionText(forecast(picture, after, 'silence'))}`
    : '';
  return {
    level: 0,
    text: `${list(working)} ${working.length === 1 ? 'keeps' : 'keep'} quorum ${quorum}${election}${lasting(action.forMs)}`,
  };
}

/** A ring, or groups with a bridge between them: what counts is whom each node reaches. */
function ofOverlap(
  picture: ClusterPicture,
  action: ClusterAction & { type: 'partition' },
  before: Connectivity,
  after: Connectivity,
): Consequence {
  const { leader } = picture;
  const quorum = majorityOf(picture.nodes.length);
  const able = after.all.filter((id) => partnersOf(id, after).length >= quorum);
  const lasts = lasting(action.forMs);
  if (able.length === 0) {
    const { text, stops } = compare(picture, before, after);
    return { level: stops ? 1 : 0, text: `nobody reaches a majority: ${stops ? 'writes stop' : text}${lasts}` };
  }
  const who = able.length === after.all.length ? 'each node' : list(able);
  const reach = `${who} ${able.length > 1 && able.length < after.all.length ? 'reach' : 'reaches'} a majority, ${quorum} of ${after.all.length}`;
  if (leader === null) return { level: 0, text: `${reach}${lasts}` };
  if (!able.includes(leader))
    return { level: 0, text: `${reach}; ${leader} does not: ${electionText(forecast(picture, after, 'silence'))}${lasts}` };
  const deaf = after.all.filter((id) => after.running.has(id) && !partnersOf(leader, after).includes(id));
  const unheard = deaf.length === 0 ? '' : `; ${list(deaf)} ${deaf.length === 1 ? 'does' : 'do'} not hear ${leader}`;
  return { level: 0, text: `${reach}${unheard}${lasts}` };
}

/** What is changed is no longer what it was. */
function withoutFormer(picture: ClusterPicture, { from, to }: ClusterAction & { type: 'link' }): ClusterPicture {
  const former = linkFaultOf(picture, from, to);
  return former === null ? picture : { ...picture, faults: picture.faults.filter((fault) => fault !== former) };
}

function ofLink(picture: ClusterPicture, action: ClusterAction & { type: 'link' }): Consequence {
  const before = connectivityOf(picture);
  const after = afterAction(before, picture, action);
  const path = `${action.from} ${action.bothWays ? 'and' : 'to'} ${action.to}`;
  const effects = [
    action.drop >= 1 ? 'every message is lost' : action.drop > 0 ? `${percent(action.drop)} of messages are lost` : '',
    action.delayMs[1] > 0 ? `${spanText(action.delayMs)} ms later` : '',
    action.duplicate > 0 ? `${percent(action.duplicate)} arrive twice` : '',
  ].filter((part) => part !== '');
  const { stops } = compare(picture, before, after);
  const quorum = majorityOf(picture.nodes.length);
  const { leader } = picture;
  const losesLeader = leader !== null && partnersOf(leader, before).length >= quorum && partnersOf(leader, after).length < quorum;
  const end = stops
    ? '; no quorum: writes stop'
    : losesLeader
      ? `; ${leader} loses its quorum: ${electionText(forecast(picture, after, 'silence'))}`
      : '';
  return { level: stops ? 1 : 0, text: `${path}: ${effects.join(', ')}${end}${lasting(action.forMs)}` };
}

function ofReturning(picture: ClusterPicture, action: ClusterAction & { nodes: readonly NodeId[] }): Consequence {
  const before = connectivityOf(picture);
  const idle = action.nodes.filter((id) => !before.running.has(id));
  if (idle.length === 0) {
    const all = list(action.nodes);
    const run = action.nodes.length === 1 ? 'runs' : 'run';
    return { level: 0, text: `${all} ${run} already` };
  }
  return {
    level: 0,
    text: `${list(idle)} ${idle.length === 1 ? 'comes' : 'come'} back; ${returned(picture, before, afterAction(before, picture, action))}`,
  };
}

/** Whoever runs is stopped first: for that moment it is as lost as if it were killed. */
function ofRestart(picture: ClusterPicture, action: ClusterAction & { nodes: readonly NodeId[] }): Consequence {
  const before = connectivityOf(picture);
  const running = action.nodes.filter((id) => before.running.has(id));
  if (running.length === 0) return ofReturning(picture, action);
  const { level, text } = ofLosing(picture, { type: 'kill', nodes: running, forMs: null }, running);
  const stopped = `${list(running)} ${running.length === 1 ? 'is' : 'are'} stopped and started again; until then: ${text}`;
  if (running.length === action.nodes.length) return { level, text: stopped };
  return { level, text: `${ofReturning(picture, action).text}; ${stopped}` };
}

function returned(picture: ClusterPicture, before: Connectivity, after: Connectivity): string {
  const quorum = majorityOf(picture.nodes.length);
  const reach = bestReach(after);
  if (reach < quorum) return `${reach} of ${picture.nodes.length}, still no quorum`;
  const resumed = bestReach(before) < quorum ? ': writes can go on' : '';
  return `${reach} of ${picture.nodes.length}, quorum ${quorum}${resumed}`;
}

function ofHealing(picture: ClusterPicture, action: ClusterAction & { type: 'heal' | 'undo' }): Consequence {
  const chosen =
    action.type === 'undo' ? newestFault(picture) : picture.faults.filter((f) => action.fault === null || f.id === action.fault);
  if (chosen.length === 0) return { level: 0, text: 'no fault is active' };
  const before = connectivityOf(picture);
  const [first] = chosen;
  const back = action.type === 'undo' && first !== undefined ? goesBackTo(first) : null;
  const ends = chosen.length === 1 ? `${first?.command ?? ''} ends` : `${chosen.length} faults end`;
  const what = back === null ? ends : `${first?.command ?? ''} goes back to ${back}`;
  return { level: 0, text: `${what}; ${returned(picture, before, afterAction(before, picture, action))}` };
}

function ofTransfer(picture: ClusterPicture, to: NodeId): Consequence {
  if (picture.leader === null) return { level: 0, text: 'no node leads now: nothing to hand over' };
  if (picture.leader === to) return { level: 0, text: `${to} leads already` };
  if (!connectivityOf(picture).running.has(to)) return { level: 0, text: `${to} does not run: it cannot lead` };
  return { level: 0, text: `${picture.leader} hands over to ${to} once ${to} has the whole log; writes wait` };
}

function ofCampaign(picture: ClusterPicture, node: NodeId): Consequence {
  if (!connectivityOf(picture).running.has(node)) return { level: 0, text: `${node} does not run: it cannot stand` };
  if (picture.leader === node) return { level: 0, text: `${node} leads already` };
  if (picture.leader === null) return { level: 0, text: `${node} asks for pre-votes, then for votes` };
  return { level: 0, text: `${node} asks for pre-votes; who hears ${picture.leader} refuses` };
}

const spanText = ([least, most]: readonly [number, number]): string => (least === most ? String(most) : `${least} to ${most}`);

function lasting(forMs: number | null): string {
  return forMs === null ? '' : `, for ${formatDuration(forMs)}`;
}

function percent(probability: number): string {
  return `${Math.round(probability * 1_000) / 10}%`;
}

function list(ids: readonly NodeId[]): string {
  return ids.join(', ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** How a scenario words entries, messages, events and members. */
import type { LogIndex } from '../../src/base/brand.ts';
import { after, logIndex } from '../../src/base/brand.ts';
import type { Entry, EntryId, Message, RaftEvent } from '../../src/raft/messages.ts';
import type { CoreCluster } from './core-cluster.ts';

/** `a@2` is command a of term 2, `-@2` a leader's first entry. */
export const entryText = ({ kind, data, term }: Entry): string => `${kind === 'noop' ? '-' : data}@${term}`;
const positionText = ({ index, term }: EntryId): string => `${index}@${term}`;

export function messageText(message: Message): string {
  const { from, to, term } = message;
  return `${from}>${to} term ${term}: ${bodyText(message)}`;
}

function bodyText(message: Message): string {
  switch (message.type) {
    case 'vote-request':
      return `${message.preVote ? 'pre-vote?' : 'vote?'} my log ends at ${positionText(message.last)}${message.transfer ? ', by request of the leader' : ''}`;
    case 'vote-reply':
      return `${message.preVote ? 'pre-vote' : 'vote'} ${message.granted ? 'granted' : `refused, ${message.refusal}`}`;
    case 'append-request': {
      const what = message.entries.length === 0 ? 'nothing new' : message.entries.map(entryText).join(' ');
      const round = message.readRound > 0 ? `, read round ${message.readRound}` : '';
      return `after ${positionText(message.previous)}: ${what}, commit ${message.commit}${round}`;
    }
    case 'append-reply':
      return message.matched === null ? `no match, try ${positionText(message.hint)}` : `matched ${message.matched}`;
    case 'timeout-now':
      return 'campaign now';
    case 'read-index-request':
      return 'which index may a read be answered at?';
    case 'read-index-reply':
      return message.index === null ? 'no index for reads' : `reads may be answered at ${message.index}`;
    case 'install-snapshot':
      return `snapshot of ${positionText(message.snapshot.last)}, bytes from ${message.offset} on`;
    case 'install-snapshot-reply':
      return `snapshot of ${positionText(message.last)}: now from ${message.next} on`;
  }
}

/** null for what a reader would not miss. */
export function eventText(event: RaftEvent): string | null {
  switch (event.type) {
    case 'role':
      return `${event.role} in term ${event.term}${event.leader === null ? '' : `, leader ${event.leader}`} (${event.reason})`;
    case 'vote-cast': {
      const what = event.preVote ? 'pre-vote' : 'vote';
      return event.granted
        ? `${what} for ${event.to} in term ${event.term}`
        : `no ${what} for ${event.to} in term ${event.term}: ${event.refusal}`;
    }
    case 'truncated':
      return `drops ${event.from} to ${event.to}, as ${event.leader} has others`;
    case 'repair':
      return event.state === 'begun'
        ? `lost entries: no vote until one of term ${event.since} or later is committed`
        : 'has its log again';
    case 'snapshot':
      if (event.state === 'taken') return `takes a snapshot at ${event.index}`;
      return event.state === 'sending'
        ? `sends ${event.peer} a snapshot of ${event.index}`
        : `installs a snapshot of ${event.index}`;
    case 'transfer':
      return `handing over to ${event.to}: ${event.state}`;
    default:
      return null;
  }
}

/** One line a member: its log, with `|` after the last entry it knows to be committed. */
export function logLines(cluster: CoreCluster): string[] {
  return [...cluster.nodes.values()].map(({ id, core, disk }) => {
    const commit: LogIndex = core === null ? disk.commit : core.status(cluster.now).commitIndex;
    const entries = core === null ? disk.entries : core.entries(logIndex(1), 1_000);
    const words = entries.map(entryText);
    words.splice(commit, 0, '|');
    return `${id}${core === null ? ' (down)' : ''}: ${words.join(' ')}`;
  });
}

export function statusLines(cluster: CoreCluster): string[] {
  return [...cluster.nodes.values()].map(({ id, core }) => {
    if (core === null) return `${id} down`;
    const { role, term, leader, commitIndex, lastIndex, durableIndex, repairing } = core.status(cluster.now);
    const lag = durableIndex < lastIndex ? `, on disk ${durableIndex}` : '';
    const repair = repairing ? ', repairing' : '';
    return `${id} ${role} in term ${term}, leader ${leader ?? 'unknown'}, committed ${commitIndex} of ${lastIndex}${lag}${repair}`;
  });
}

export function progressLines(cluster: CoreCluster): string[] {
  const leader = cluster.leader();
  if (leader === null) return ['nobody leads'];
  return cluster
    .status(leader)
    .peers.map(
      ({ id, state, matchIndex, nextIndex, inflight }) =>
        `${id} ${state}, match ${matchIndex}, next ${nextIndex}, in flight ${inflight}`,
    );
}

export function committedText(cluster: CoreCluster): string {
  const last = cluster.checker.commitIndex;
  const holder = [...cluster.nodes.values()].find(({ core }) => core !== null && core.status(cluster.now).commitIndex === last);
  if (last === 0 || holder?.core == null) return 'nothing';
  return holder.core
    .entries(after(logIndex(0)), last)
    .map(entryText)
    .join(' ');
}

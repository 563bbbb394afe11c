/** What nodes report, in words. Remembers just enough to say how an election went. */

import { unreachable } from '../../../base/assert.ts';
import type { NodeId, Term } from '../../../base/brand.ts';
import type { RaftEvent, VoteRefusal } from '../../../raft/messages.ts';
import type { ClusterEvent } from '../../driver.ts';

export type Words = Pick<ClusterEvent, 'kind' | 'severity' | 'text'>;

interface Candidacy {
  readonly term: Term;
  readonly since: number;
  readonly votes: Set<NodeId>;
}

const REFUSALS: Readonly<Record<VoteRefusal, string>> = {
  'older-term': 'it knows a newer term',
  'leader-is-alive': 'leader is alive',
  'lease-may-hold': 'a lease may still hold',
  'already-voted': 'it has voted for another',
  repairing: 'it is repairing its log',
  'log-behind': 'its log is newer',
  'storage-stalled': 'its disk is stalled',
};

export class EventWords {
  readonly #candidacies = new Map<NodeId, Candidacy>();
  readonly #leaders = new Set<NodeId>();

  /**
   * The event of `node` at `time` (milliseconds), in words; null for one that another event tells better. `voters` is the
   * number of voting members, null when that is not known.
   */
  describe(node: NodeId, time: number, event: RaftEvent, voters: number | null): Words | null {
    switch (event.type) {
      case 'role':
        return this.#role(node, time, event, voters);
      case 'election':
        return this.#election(node, time, event);
      case 'vote-received':
        return this.#vote(node, event);
      case 'vote-cast':
        // The one who asked tells of the same vote when it arrives.
        return null;
      case 'truncated':
        return info('log', `cuts entries ${event.from} to ${event.to}: leader ${event.leader} has others there`, 'warn');
      case 'snapshot':
        return info('log', SNAPSHOTS[event.state](event.index, event.peer));
      case 'transfer':
        return info('election', TRANSFERS[event.state](event.to), event.state === 'aborted' ? 'warn' : 'info');
      case 'repair':
        return REPAIR[event.state];
      default:
        return unreachable(event);
    }
  }

  /** The process of `node` ended: what it was before says nothing about the next one. */
  forget(node: NodeId): void {
    this.#candidacies.delete(node);
    this.#leaders.delete(node);
  }

  #role(node: NodeId, time: number, event: RaftEvent & { readonly type: 'role' }, voters: number | null): Words | null {
    const { role, term, leader, reason } = event;
    const led = this.#leaders.delete(node);
    switch (role) {
      case 'leader':
        this.#leaders.add(node);
        return info('role', this.#victory(node, time, term, voters));
      case 'follower': {
        const what = leader === null ? `waits for a leader in term ${term}` : `follows ${leader} in term ${term}`;
        return led ? info('role', `steps down and ${what}${because(reason)}`, 'warn') : info('role', `${what}${because(reason)}`);
      }
      case 'learner':
        return info('role', `learns without a vote in term ${term}`);
      case 'pre-candidate':
      case 'candidate':
        return led ? info('role', `steps down in term ${term}${because(reason)}`, 'warn') : null;
      default:
        return unreachable(role);
    }
  }

  #election(node: NodeId, time: number, event: RaftEvent & { readonly type: 'election' }): Words {
    const { term, preVote, reason } = event;
    if (preVote) return info('election', `asks for pre-votes for term ${term}${because(reason)}`);
    this.#candidacies.set(node, { term, since: time, votes: new Set([node]) });
    return info('election', `stands for election in term ${term}${because(reason)}`);
  }

  #vote(node: NodeId, event: RaftEvent & { readonly type: 'vote-received' }): Words {
    const { from, term, preVote, granted, refusal } = event;
    if (granted && !preVote) this.#candidacies.get(node)?.votes.add(from);
    const what = preVote ? `pre-vote for term ${term}` : `vote for term ${term}`;
    if (granted) return info('vote', `${what}: ${from} agrees`);
    return info('vote', `${what}: ${from} refuses${refusal === null ? '' : ` (${REFUSALS[refusal]})`}`);
  }

  #victory(node: NodeId, time: number, term: Term, voters: number | null): string {
    const candidacy = this.#candidacies.get(node);
    this.#candidacies.delete(node);
    if (candidacy === undefined || candidacy.term !== term) return `leads in term ${term}`;
    const of = voters === null ? '' : ` of ${voters}`;
    return `won term ${term} with ${candidacy.votes.size}${of} in ${Math.max(0, Math.round(time - candidacy.since))} ms`;
  }
}

const TRANSFERS = {
  started: (to: NodeId) => `begins to hand leadership to ${to}`,
  sent: (to: NodeId) => `tells ${to} to stand for election now`,
  aborted: (to: NodeId) => `gives up handing leadership to ${to}`,
} as const;

const REPAIR = {
  begun: info('log', 'lost entries to damage: has no vote until a leader has given them back', 'warn'),
  done: info('log', 'is repaired: its log is whole again, and it votes'),
} as const;

const SNAPSHOTS = {
  taken: (index: number) => `has a snapshot up to entry ${index}`,
  sending: (index: number, peer: NodeId | null) => `sends ${peer ?? 'a follower'} its snapshot up to entry ${index}`,
  installed: (index: number, peer: NodeId | null) => `has installed ${peer ?? 'a leader'}'s snapshot up to entry ${index}`,
} as const;

function because(reason: string): string {
  return reason === '' ? '' : ` (${reason})`;
}

function info(kind: Words['kind'], text: string, severity: Words['severity'] = 'info'): Words {
  return { kind, text, severity };
}

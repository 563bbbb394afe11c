/** What a cluster promises whatever fails, by name: for the simulator, for live clusters, and for whoever reads the verdict. */
import { InvariantViolation } from '../base/assert.ts';

export type PromiseId =
  | 'election-safety'
  | 'leader-append-only'
  | 'log-matching'
  | 'leader-completeness'
  | 'state-machine-safety'
  | 'one-vote'
  | 'monotonic'
  | 'acknowledged-writes'
  | 'exactly-once';

export interface PromiseText {
  readonly id: PromiseId;
  /** One sentence. */
  readonly promise: string;
  /** Where it is demanded. */
  readonly source: string;
}

export const PROMISES: readonly PromiseText[] = [
  { id: 'election-safety', promise: 'A term has at most one leader.', source: 'Raft §5.2' },
  { id: 'leader-append-only', promise: 'A leader only appends to its own log.', source: 'Raft §5.3' },
  {
    id: 'log-matching',
    promise: 'Two logs with the same entry at an index are equal up to there.',
    source: 'Raft §5.3',
  },
  {
    id: 'leader-completeness',
    promise: 'What is committed is in the log of every later leader.',
    source: 'Raft §5.4',
  },
  {
    id: 'state-machine-safety',
    promise: 'Nodes that applied the same index are in the same state.',
    source: 'Raft §5.4.3',
  },
  { id: 'one-vote', promise: 'A node votes for one candidate in a term, for ever.', source: 'Raft §5.2, figure 2' },
  {
    id: 'monotonic',
    promise: 'Terms and commit indexes never go back, nor beyond the log.',
    source: 'Raft figure 2',
  },
  { id: 'acknowledged-writes', promise: 'A write that was acknowledged is never lost.', source: 'Raft §5.4.3, §8' },
  { id: 'exactly-once', promise: 'A write takes effect once, however often it is sent.', source: 'dissertation §6.3' },
];

/** A promise that does not hold: a bug, or a checker's. */
export class BrokenPromise extends InvariantViolation {
  readonly promise: PromiseId;

  constructor(promise: PromiseId, what: string, detail: unknown) {
    super(`${what}: ${JSON.stringify(detail)}`);
    this.promise = promise;
  }
}

import type { Bug } from '../bug.ts';

const STALE = /^a read sees all|^nobody votes while/;

/** Reads without asking: what a leader may conclude from answers, and what those who answered owe it. */
export const LEASE_BUGS: readonly Bug[] = [
  {
    name: 'lease-from-the-answer',
    title: 'A lease counts from when the answers came, not from when the majority was asked',
    source: '#16: dissertation §6.4.1',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'if (askedAt !== null) this.#lease.confirmed(askedAt);',
        replace: 'if (askedAt !== null) this.#lease.confirmed(this.#state.now);',
      },
    ],
    caught: { by: 'simulation', breaks: STALE, seed: null, scenario: 'lease-late-answer' },
  },
  {
    name: 'lease-of-a-restarted-voter',
    title: 'A voter that was restarted forgets that it has just answered a leader',
    source: '#16: dissertation §6.4.1',
    edits: [{ file: 'raft/state.ts', find: 'hardState.term > 0, now);', replace: 'false, now);' }],
    caught: { by: 'simulation', breaks: STALE, seed: null, scenario: 'lease-restarted-voter' },
  },
  {
    name: 'lease-kept-on-transfer',
    title: 'A leader keeps its lease though it has told another to campaign',
    source: '#16: dissertation §3.10, §6.4.1',
    edits: [{ file: 'raft/leader.ts', find: '() => this.#lease.giveUp()', replace: '() => {}' }],
    caught: { by: 'simulation', breaks: STALE, seed: null, scenario: 'lease-transfer' },
  },
  {
    name: 'lease-ends-with-connection',
    title: 'A voter whose leader seems to be gone votes at once, though that leader may still hold a lease',
    source: '#16: dissertation §6.4.1',
    edits: [
      {
        file: 'raft/voting.ts',
        find: 'const sticky = (state.leaderIsAlive || state.boundMs > 0) && !request.transfer;',
        replace: 'const sticky = state.leaderIsAlive && !request.transfer;',
      },
      { file: 'raft/state.ts', find: 'return this.isFit && this.boundMs === 0;', replace: 'return this.isFit;' },
      {
        file: 'raft/candidate.ts',
        find: "assert(this.#stage !== 'vote' || state.boundMs === 0,",
        replace: "assert(this.#stage !== 'vote' || state.boundMs >= 0,",
      },
      {
        file: 'raft/follower.ts',
        find: 'state.timer.hurry(state.now, state.boundMs);',
        replace: 'state.timer.hurry(state.now);',
      },
    ],
    caught: { by: 'simulation', breaks: STALE, seed: null, scenario: 'lease-binds-votes' },
  },
  {
    name: 'lease-before-own-term',
    title: 'A new leader reads by lease before an entry of its own term is committed',
    source: '#16: dissertation §6.4, step 1',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'if (log.termAt(commitIndex) !== term || !this.#reads.startRound',
        replace: 'if (!this.#reads.startRound',
      },
      {
        file: 'raft/leader.ts',
        find: 'const { commitIndex, leaseMs, log, now, term } = this.#state;',
        replace: 'const { commitIndex, leaseMs, now } = this.#state;',
      },
    ],
    caught: { by: 'simulation', breaks: STALE, seed: null, scenario: 'lease-new-leader' },
  },
];

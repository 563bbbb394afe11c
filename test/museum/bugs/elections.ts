import type { Bug } from '../bug.ts';

/** Terms, votes and who may lead. */
export const ELECTION_BUGS: readonly Bug[] = [
  {
    name: 'vote-before-durable',
    title: 'A vote is told before it is on the disk',
    source: '#3: hashicorp/raft#661',
    edits: [
      {
        file: 'raft/voting.ts',
        find: 'if (granted && !preVote) outbox.promise(reply);\n  else outbox.send(reply);',
        replace: 'outbox.send(reply);',
      },
    ],
    caught: { by: 'simulation', breaks: /^a vote is on the disk|^one vote per term|^one leader per term/, seed: 8 },
  },
  {
    name: 'candidacy-before-durable',
    title: 'A candidate asks for votes before its own is on the disk',
    source: '#3: hashicorp/raft#661',
    edits: [
      { file: 'raft/candidate.ts', find: 'else state.outbox.promise(request);', replace: 'else state.outbox.send(request);' },
    ],
    caught: {
      by: 'simulation',
      breaks: /^one vote per term|^one leader per term|^a vote is on the disk/,
      seed: null,
      scenario: 'storage-stall',
    },
  },
  {
    name: 'own-vote-before-durable',
    title: 'A candidate counts its own vote before it is on the disk',
    source: '#3: PySyncObj#202',
    edits: [
      { file: 'raft/candidate.ts', find: 'if (preVote) this.#count(state.id, true);', replace: 'this.#count(state.id, true);' },
      { file: 'raft/candidate.ts', find: 'else state.outbox.promise(request);', replace: 'else state.outbox.send(request);' },
    ],
    caught: {
      by: 'simulation',
      breaks: /^one vote per term|^one leader per term|^a vote is on the disk/,
      seed: null,
      scenario: 'storage-stall',
    },
  },
  {
    name: 'term-and-vote-apart',
    title: 'The term is written and answered for, the vote after it',
    source: '#3: seaweedfs/raft#9',
    edits: [
      {
        file: 'storage/wal.ts',
        find: 'this.#parts.hardState.write(newest, this.#lastBatch, done);',
        replace: `const { hardState } = this.#parts;
    const vote = newest;
    hardState.write({ ...vote, votedFor: null }, this.#lastBatch, (error) => {
      done(error);
      hardState.write(vote, this.#lastBatch, () => {});
    });`,
      },
    ],
    caught: { by: 'simulation', breaks: /^term and vote are there|^a vote is on the disk|^one vote per term/, seed: 2 },
  },
  {
    name: 'term-adopted-not-written',
    title: 'A higher term is adopted and not made durable when the vote stays as it was',
    source: 'the seed project: raft.cpp:851',
    edits: [
      {
        file: 'raft/core.ts',
        find: 'a.term === b.term && a.votedFor === b.votedFor',
        replace: 'a.votedFor === b.votedFor',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^entries are on the disk|^a vote is on the disk|^\/data|the recovered term covers/,
      seed: 2,
    },
  },
  {
    name: 'term-from-the-log',
    title: 'After a restart the term is that of the last entry and the vote is forgotten',
    source: '#35: zeebe#19290',
    edits: [
      {
        file: 'storage/log-store.ts',
        find: 'hardState: newest.hardState,',
        replace:
          'hardState: { ...newest.hardState, term: entries.length === 0 ? newest.hardState.term : endOf(scanned).term, votedFor: null },',
      },
    ],
    caught: { by: 'simulation', breaks: /^term and vote are there/, seed: 1 },
  },
  {
    name: 'vote-kept-over-terms',
    title: 'A newer term does not take the old vote back',
    source: '#4: Raft figure 2, rules for all servers',
    edits: [{ file: 'raft/state.ts', find: 'this.#term = newer;\n    this.#votedFor = null;', replace: 'this.#term = newer;' }],
    caught: { by: 'simulation', breaks: /^one vote a term/, seed: 1 },
  },
  {
    name: 'vote-without-log-check',
    title: 'Whoever names a newer term gets the vote, whatever his log holds',
    source: '#4: openraft#1220',
    edits: [
      {
        file: 'raft/voting.ts',
        find: "if (!state.log.isCovered(request.last)) return 'log-behind';",
        replace: '',
      },
    ],
    caught: {
      by: 'simulation',
      breaks:
        /holds everything committed|^all commit the same|^a leader of a later term|agrees with what is committed|^what is committed is never truncated/,
      seed: 1,
    },
  },
  {
    name: 'log-length-alone',
    title: 'Logs are compared by length alone, not by the term of the last entry first',
    source: 'Raft §5.4.1, as often got wrong',
    edits: [
      {
        file: 'raft/log.ts',
        find: 'return other.term > lastTerm || (other.term === lastTerm && other.index >= index);',
        replace: 'return other.index >= index || other.term > lastTerm + 1_000_000;',
      },
    ],
    caught: {
      by: 'simulation',
      breaks:
        /holds everything committed|^all commit the same|^a leader of a later term|agrees with what is committed|^what is committed is never truncated/,
      seed: null,
      scenario: 'figure-8-safe',
    },
  },
  {
    name: 'votes-of-older-terms-count',
    title: 'A grant of an older term counts in the election of a newer one',
    source: '#5: nebula#685',
    edits: [
      {
        file: 'raft/core.ts',
        find: "if (message.type !== 'vote-reply' || !message.preVote) return;",
        replace: "if (message.type !== 'vote-reply') return;",
      },
      { file: 'raft/candidate.ts', find: 'if (reply.granted && reply.term !== wanted) return;', replace: '' },
    ],
    caught: { by: 'simulation', breaks: /^one leader per term|^one leader a term/, seed: null, scenario: 'stale-vote-replies' },
  },
  {
    name: 'votes-twice',
    title: 'A voter grants every candidate of the term',
    source: 'Raft §5.2, first-come-first-served',
    edits: [
      { file: 'raft/voting.ts', find: 'if (state.votedFor !== null) return state.votedFor !== request.from;', replace: '' },
      {
        file: 'raft/state.ts',
        find: 'assert(this.#votedFor === null || this.#votedFor === candidate,',
        replace: 'assert(candidate !== undefined,',
      },
    ],
    caught: { by: 'simulation', breaks: /^one vote per term|^one leader per term|^one leader a term/, seed: 1 },
  },
  {
    name: 'half-is-a-majority',
    title: 'Half of an even number of voters elects a leader',
    source: 'Raft §5.2, as often got wrong',
    edits: [
      {
        file: 'raft/quorum.ts',
        find: 'const majority = (voters.length >> 1) + 1;',
        replace: 'const majority = (voters.length + 1) >> 1;',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^the same index and term|^one leader per term|^one leader a term|holds everything committed|^all commit the same/,
      seed: 34,
    },
  },
  {
    name: 'newer-term-not-told',
    title: 'An old leader is not told of the newer term, and a node in it is never led again',
    source: '#20: etcd-io/raft, the answer to a message of a lower term',
    edits: [
      {
        file: 'raft/core.ts',
        find: "if (message.type === 'append-request' || message.type === 'install-snapshot') this.#tellNewerTerm(message.from);",
        replace: '',
      },
    ],
    caught: { by: 'simulation', breaks: /^a healed cluster|^healed nodes/, seed: null, scenario: 'transfer' },
  },
  {
    name: 'single-node-waits-for-votes',
    title: 'A node that is alone waits for somebody else to vote',
    source: 'the seed project: the lead is taken in a reply only',
    edits: [
      {
        file: 'raft/candidate.ts',
        find: 'if (preVote) this.#count(state.id, true);',
        replace: 'if (preVote) this.#granted.add(state.id);',
      },
    ],
    caught: { by: 'simulation', breaks: /^a healed cluster/, seed: 1, nodes: 1 },
  },
  {
    name: 'no-pre-vote',
    title: 'Whoever misses the leader raises the term at once',
    source: '#19: Cloudflare, November 2020',
    edits: [
      {
        file: 'raft/follower.ts',
        find: "state.become.campaign('pre-vote', silence(state));",
        replace: "state.become.campaign('vote', silence(state));",
      },
      {
        file: 'raft/candidate.ts',
        find: "state.become.campaign('pre-vote', this.role",
        replace: "state.become.campaign('vote', this.role",
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^healed nodes|^a leader that a majority hears|^a cluster with one/,
      seed: null,
      scenario: 'pre-vote',
    },
  },
  {
    name: 'no-check-quorum',
    title: 'A leader that hears no majority goes on leading',
    source: '#19: etcd-io/raft CheckQuorum',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'now >= this.#quorumCheckAt && !this.#hearsQuorum()',
        replace: 'now >= this.#quorumCheckAt && !this.#hearsQuorum() && now < 0',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^a cluster with one|^a leader that a majority hears|^a healed/,
      seed: null,
      scenario: 'check-quorum',
    },
  },
  {
    name: 'no-stickiness',
    title: 'Voters who hear their leader vote for others all the same',
    source: '#19: dissertation §4.2.3',
    edits: [
      {
        file: 'raft/voting.ts',
        find: 'const sticky = (state.leaderIsAlive || state.boundMs > 0) && !request.transfer;',
        replace: 'const sticky = false;',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^a leader that a majority hears|^a cluster with one/,
      seed: null,
      scenario: 'leader-lives',
    },
  },
];

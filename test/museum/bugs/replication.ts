import type { Bug } from '../bug.ts';

/** Logs, commitment and what is applied. */
export const REPLICATION_BUGS: readonly Bug[] = [
  {
    name: 'commit-by-counting-old-term',
    title: 'An entry of an older term is committed by counting its copies',
    source: '#1: Raft figure 8, logcabin#44',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'if (reached <= commitIndex || log.termAt(reached) !== state.term) return;',
        replace: 'if (reached <= commitIndex) return;',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /holds everything committed|^all commit the same|^a leader of a later term|agrees with what is committed/,
      seed: null,
      scenario: 'figure-8',
    },
  },
  {
    name: 'commit-past-verified',
    title: 'A follower commits past what the append in hand verified',
    source: '#2: copycat#265, ra#508, scylladb#9965',
    edits: [
      {
        file: 'raft/follower.ts',
        find: 'Math.min(request.commit, covered)',
        replace: 'Math.min(request.commit, state.log.lastIndex)',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^all commit the same|^a leader of a later term|holds everything committed|agrees with what is committed/,
      seed: 5,
    },
  },
  {
    name: 'commit-told-early',
    title: 'A leader tells its followers that all it sends is committed',
    source: '#2: copycat#265',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'const { commitIndex: commit, id, log, outbox, term } = this.#state;',
        replace: 'const { lastIndex: commit } = this.#state.log;\n    const { id, log, outbox, term } = this.#state;',
      },
    ],
    caught: {
      by: 'simulation',
      breaks:
        /^all commit the same|holds everything committed|^a leader of a later term|agrees with what is committed|^a committed entry/,
      seed: null,
      scenario: 'figure-7',
    },
  },
  {
    name: 'mismatch-acknowledged',
    title: 'A follower whose log does not match acknowledges what it has',
    source: 'Raft §5.3, the consistency check',
    edits: [
      {
        file: 'raft/follower.ts',
        find: 'this.#reply(request, null, log.lastUpTo(',
        replace: 'this.#reply(request, log.lastIndex, log.lastUpTo(',
      },
    ],
    caught: {
      by: 'simulation',
      breaks:
        /^all commit the same|holds everything committed|^a leader of a later term|agrees with what is committed|^a healed|^healed/,
      seed: 2,
    },
  },
  {
    name: 'stale-suffix-kept',
    title: 'A conflicting entry is overwritten in place and the old suffix stays',
    source: 'the seed project: raft.cpp:92',
    edits: [
      {
        file: 'raft/follower.ts',
        find: 'state.truncate(conflict);',
        replace:
          'suffix = state.log.slice(after(conflict, entries.length - firstNew), lastIndex);\n      state.truncate(conflict);',
      },
      {
        file: 'raft/follower.ts',
        find: 'const { lastIndex } = state.log;',
        replace: 'const { lastIndex } = state.log;\n    let suffix: ReturnType<typeof state.log.slice> = [];',
      },
      {
        file: 'raft/follower.ts',
        find: 'if (entry !== undefined) state.append(entry);\n    }',
        replace: 'if (entry !== undefined) state.append(entry);\n    }\n    for (const entry of suffix) state.append(entry);',
      },
      {
        file: 'raft/log.ts',
        find: "assert(entry.term >= lastTerm, 'terms in a log never fall', () => [lastTerm, entry.term]);",
        replace: 'void lastTerm;',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^the same index and term|holds everything committed|^all commit the same|^terms/,
      seed: 1,
    },
  },
  {
    name: 'higher-term-in-acks-ignored',
    title: 'A leader does not look at the term of an acknowledgement',
    source: '#6: one rule for every message (Raft §5.1)',
    edits: [
      {
        file: 'raft/core.ts',
        find: 'if (message.term > state.term && !isGrantedPreVote) {',
        replace: "if (message.term > state.term && !isGrantedPreVote && message.type !== 'append-reply') {",
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^a read sees all|^a healed cluster|^healed nodes|^a cluster with one/,
      seed: null,
      scenario: 'repair-remembered-match',
    },
  },
  {
    name: 'acks-of-older-terms-count',
    title: 'A leader takes an acknowledgement that was meant for its earlier reign',
    source: '#7: CCF#5674, zeebe#5360',
    edits: [
      {
        file: 'raft/core.ts',
        find: "if (message.type !== 'vote-reply' || !message.preVote) return;",
        replace: "if (message.type !== 'append-reply' && (message.type !== 'vote-reply' || !message.preVote)) return;",
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^all commit the same|holds everything committed|^a read sees all|^a leader of a later term|^a healed|^healed/,
      seed: null,
      scenario: 'stale-acknowledgement',
    },
  },
  {
    name: 'sync-vouches-for-another',
    title: 'The completion of an old write vouches for the entry that replaced what it wrote',
    source: '#8: etcd-io/raft async_storage_writes_append_aba_race',
    edits: [
      {
        file: 'raft/durability.ts',
        find: 'for (const each of this.#outstanding) if (each.through > kept) each.through = kept;',
        replace: '',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^only what is in the log is durable|^entries are on the disk|^what the disk/,
      seed: null,
      scenario: 'aba-append-race',
    },
  },
  {
    name: 'replacement-not-written',
    title: 'Truncated entries come back after a restart, since what replaced them was never written',
    source: '#9: rabbitmq/ra#644',
    edits: [{ file: 'raft/durability.ts', find: 'if (this.#handedIndex > kept) this.#handedIndex = kept;', replace: '' }],
    caught: { by: 'simulation', breaks: /./, seed: 2 },
  },
  {
    name: 'leader-counts-itself-early',
    title: 'A leader counts its own copy before its disk has it',
    source: '#10: etcd#14370',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'id === state.id ? durability.durableIndex :',
        replace: 'id === state.id ? log.lastIndex :',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^all commit the same|holds everything committed|^a leader of a later term|agrees with what is committed/,
      seed: null,
      scenario: 'heartbeat-before-disk',
    },
  },
  {
    name: 'single-node-acks-early',
    title: 'A single node answers before its write is synced',
    source: '#10: etcd#14370',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'id === state.id ? durability.durableIndex :',
        replace: 'id === state.id ? (state.isAlone ? log.lastIndex : durability.durableIndex) :',
      },
      {
        file: 'raft/leader.ts',
        find: 'this.#followMembership();\n    this.#startReadRound();',
        replace: 'this.#followMembership();\n    if (this.#state.isAlone) this.#advanceCommit();\n    this.#startReadRound();',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^all commit the same|holds everything committed|^what is acknowledged|^what was ever committed/,
      seed: 41,
      nodes: 1,
    },
  },
  {
    name: 'follower-acks-early',
    title: 'A follower acknowledges entries before they are synced',
    source: '#3 and Jepsen NATS 2.12.1',
    edits: [
      {
        file: 'raft/follower.ts',
        find: 'if (isPromise) outbox.promise(reply);\n    else outbox.send(reply);',
        replace: 'void isPromise;\n    outbox.send(reply);',
      },
    ],
    caught: { by: 'simulation', breaks: /^entries are on the disk/, seed: 7 },
  },
  {
    name: 'acks-counted-per-round',
    title: 'Acknowledgements of different rounds never add up',
    source: 'the seed project: raft.cpp:894',
    edits: [
      {
        file: 'raft/leader.ts',
        find: '(this.#progress.get(id)?.matchIndex ?? logIndex(0)),\n    );\n    if (reached',
        replace:
          '(this.#progress.get(id)?.heardAt === state.now ? (this.#progress.get(id)?.matchIndex ?? logIndex(0)) : logIndex(0)),\n    );\n    if (reached',
      },
    ],
    caught: { by: 'simulation', breaks: /^a healed cluster|^healed nodes|^a cluster with one/, seed: 2 },
  },
  {
    name: 'no-entry-of-its-own',
    title: 'A new leader appends no entry of its own term, and cannot tell what is committed',
    source: 'the seed project; Raft §8',
    edits: [
      { file: 'raft/leader.ts', find: "this.#append({ kind: 'noop', data: '', time: log.lastTime });", replace: 'void log;' },
    ],
    caught: { by: 'simulation', breaks: /^a healed cluster|^healed nodes|^a cluster with one/, seed: 14 },
  },
  {
    name: 'match-index-falls',
    title: 'A late answer takes matchIndex back',
    source: '#34: Raft §5.3, logcabin#160',
    edits: [{ file: 'raft/progress.ts', find: 'if (rose) this.#matchIndex = matched;', replace: 'this.#matchIndex = matched;' }],
    caught: { by: 'simulation', breaks: /^matchIndex never falls/, seed: 1 },
  },
  {
    name: 'late-refusal-believed',
    title: 'A late refusal takes nextIndex back behind what is known to match',
    source: '#34: Raft §5.3',
    edits: [{ file: 'raft/progress.ts', find: 'if (agree < this.#matchIndex) {', replace: 'if (agree < 0) {' }],
    caught: { by: 'simulation', breaks: /^matchIndex </, seed: 1 },
  },
  {
    name: 'late-refusal-taken-for-a-lost-disk',
    title: 'A refusal that comes late makes a leader forget what was acknowledged meanwhile',
    source: '#34: Raft §5.3',
    edits: [
      {
        file: 'raft/progress.ts',
        find: 'if (agree >= this.#matchAtRound || readRound < this.#readRoundSent) return true;',
        replace: '',
      },
    ],
    caught: { by: 'simulation', breaks: /^matchIndex never falls/, seed: 1 },
  },
  {
    name: 'round-of-an-old-reign-answered',
    title: 'Who is told of a newer term gets its own round back, and may lead that term by now',
    source: 'found by the simulator when refusals began to count by rounds',
    edits: [
      {
        file: 'raft/core.ts',
        find: 'this.#tellNewerTerm(message.from);',
        replace: 'this.#tellNewerTerm(message.from, message);',
      },
      {
        file: 'raft/core.ts',
        find: '#tellNewerTerm(to: NodeId): void {',
        replace: '#tellNewerTerm(to: NodeId, message: Message): void {',
      },
      {
        file: 'raft/core.ts',
        find: 'hint: { index, term: lastTerm }, readRound: 0 });',
        replace: "hint: { index, term: lastTerm }, readRound: message.type === 'append-request' ? message.readRound : 0 });",
      },
    ],
    caught: { by: 'simulation', breaks: /^matchIndex never falls/, seed: 26 },
  },
  {
    name: 'lost-disk-not-believed',
    title: 'A follower with an empty disk waits until the log is compacted past what its leader remembers of it',
    source: 'seen in our own benchmarks',
    edits: [
      {
        file: 'raft/progress.ts',
        find: 'if (agree >= this.#matchAtRound || readRound < this.#readRoundSent) return true;',
        replace: 'return false;',
      },
    ],
    caught: {
      by: 'test',
      file: 'raft/snapshots.test.ts',
      name: 'a leader whose log begins after a snapshot > sends it to a follower that has lost its disk',
    },
  },
  {
    name: 'lost-probe-never-repeated',
    title: 'When the one append of a probe is lost, nothing moves the follower on',
    source: 'etcd-io/raft heartbeat_resp_recovers_from_probing',
    edits: [
      {
        file: 'raft/progress.ts',
        find: "if (this.#state !== 'replicate') {\n      this.#state = 'replicate';",
        replace:
          "if (this.#state === 'snapshot' || (this.#state === 'probe' && (rose || !this.#probing))) {\n      this.#state = 'replicate';",
      },
    ],
    caught: { by: 'simulation', breaks: /^a healed cluster|^healed nodes|^a cluster with one/, seed: 9 },
  },
  {
    name: 'slow-follower-stops-all',
    title: 'A leader sends nothing new while any follower owes it an answer',
    source: '#36: openraft#1810',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'return progress.nextIndex <= log.lastIndex &&',
        replace:
          'const busy = [...this.#progress.values()].some((each) => each !== progress && each.status(this.#state.now).inflight > 0);\n    return !busy && progress.nextIndex <= log.lastIndex &&',
      },
    ],
    caught: { by: 'simulation', breaks: /^a cluster with one|^a leader that a majority hears|^a healed/, seed: 3 },
  },
  {
    name: 'hung-disk-leads-on',
    title: 'A leader whose disk hangs goes on sending heartbeats',
    source: '#21: hashicorp/raft#503, #683',
    edits: [{ file: 'raft/leader.ts', find: 'if (state.storageStalled) {', replace: 'if (state.storageStalled && now < 0) {' }],
    caught: {
      by: 'simulation',
      breaks: /^a cluster with one|^a leader that a majority hears|^a healed/,
      seed: null,
      scenario: 'storage-stall',
    },
  },
  {
    name: 'hung-disk-campaigns',
    title: 'A node that cannot write stands for election, again and again',
    source: '#22: hashicorp/raft#614',
    edits: [
      { file: 'raft/follower.ts', find: 'if (state.mayStand) {', replace: 'if (state.now >= 0) {' },
      { file: 'raft/candidate.ts', find: 'if (state.storageStalled) {', replace: 'if (state.now < 0) {' },
    ],
    caught: { by: 'scenario', name: 'storage-stall' },
  },
  {
    name: 'follower-reads-what-it-has',
    title: 'a follower answers linearizable reads from its own commit index and asks nobody',
    source: 'dissertation §6.4',
    edits: [
      {
        file: 'raft/follower-reads.ts',
        find: "outbox.send({ type: 'read-index-request', from, to, term, read });",
        replace: 'this.answered({ from: to, index: this.#state.commitIndex, read } as ReadIndexReply);',
      },
    ],
    caught: { by: 'simulation', breaks: /^a read sees all/, seed: 21 },
  },
  {
    name: 'follower-read-before-applied',
    title: 'a follower answers a read when the leader has named the index, not when it has applied that far',
    source: 'dissertation §6.4, step 4',
    edits: [
      {
        file: 'replica/waiting.ts',
        find: 'if (read.index <= appliedIndex) read.done({ ok: true });',
        replace: 'if (read.index >= 0 || appliedIndex > 0) read.done({ ok: true });',
      },
    ],
    caught: { by: 'simulation', breaks: /^a read sees all/, seed: 24 },
  },
  {
    name: 'question-asked-twice',
    title: 'a follower numbers its questions from nought in each life, so that an answer to an earlier life is believed',
    source: 'etcd#20418',
    edits: [
      {
        file: 'raft/state.ts',
        find: "options.random.fork('reads').integer(0, 2 ** 32) * 2 ** 16;",
        replace: '0;',
      },
    ],
    caught: { by: 'test', file: 'raft/follower-reads.test.ts', name: 'questions for an index are named anew in each life' },
  },
];

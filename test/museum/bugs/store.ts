import type { Bug } from '../bug.ts';

/** Reads, sessions, the state machine and what clients are told. */
export const STORE_BUGS: readonly Bug[] = [
  {
    name: 'read-before-own-entry',
    title: 'A new leader answers reads before an entry of its own term is committed',
    source: '#14: dissertation §6.4, step 1',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'if (log.termAt(commitIndex) !== term || !this.#reads',
        replace: 'void [log, term];\n    if (!this.#reads',
      },
    ],
    caught: { by: 'simulation', breaks: /^a read sees all/, seed: null, scenario: 'read-before-own-term' },
  },
  {
    name: 'read-round-reused',
    title: 'A read joins a round that was sent before it came',
    source: '#15: etcd#20418',
    edits: [{ file: 'raft/reads.ts', find: 'this.#round += 1;', replace: 'if (this.#rounds.length === 0) this.#round += 1;' }],
    caught: { by: 'simulation', breaks: /^a read sees all/, seed: null, scenario: 'read-rounds' },
  },
  {
    name: 'read-asks-nobody',
    title: 'A leader answers reads from its own belief that it leads',
    source: 'etcd#741',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'this.#reads.confirm(confirmed,',
        replace: 'void confirmed;\n    this.#reads.confirm(own,',
      },
    ],
    caught: { by: 'simulation', breaks: /^a read sees all/, seed: null, scenario: 'read-rounds' },
  },
  {
    name: 'lease-by-own-clock',
    title: 'A leader answers reads for an election timeout after it last heard a majority, by its own clock',
    source: '#16: lease reads under clock skew and pauses',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'const askedAt = this.#reads.confirm(confirmed,',
        replace:
          'const { electionMs, now } = this.#state;\n    const heardAt = quorumValue(membership.current, (peer) => (peer === id ? now : (this.#progress.get(peer)?.heardAt ?? 0)));\n    const askedAt = this.#reads.confirm(now - heardAt < electionMs ? own : confirmed,',
      },
    ],
    caught: { by: 'simulation', breaks: /^a read sees all/, seed: null, scenario: 'check-quorum' },
  },
  {
    name: 'read-answers-when-it-fails',
    title: 'A read that no majority confirmed is answered from the local state',
    source: '#17: etcd#13464',
    edits: [
      {
        file: 'replica/waiting.ts',
        find: "this.#reads.delete(ticket);\n    read.done({ ok: false, error: 'NO_QUORUM' });",
        replace: 'this.#reads.delete(ticket);\n    read.done({ ok: true });',
      },
    ],
    caught: { by: 'simulation', breaks: /^a read sees all/, seed: 4 },
  },
  {
    name: 'read-before-applied',
    title: 'A granted read does not wait until its index is applied',
    source: '#18: redisraft#18 and #30',
    edits: [
      {
        file: 'replica/waiting.ts',
        find: 'if (read.index <= appliedIndex) read.done',
        replace: 'if (read.index <= appliedIndex + 1e9) read.done',
      },
    ],
    caught: {
      by: 'test',
      file: 'replica/waiting.test.ts',
      name: 'replies owed to reads > waits until everything up to the granted index',
    },
  },
  {
    name: 'applied-without-state',
    title: 'After a restart the applied index is believed, though the state is gone',
    source: '#11: etcd#13766, the postmortem of v3.5',
    edits: [
      {
        file: 'raft/core.ts',
        find: 'if (!this.#state.isAlone) this.#state.timer.restart(options.now);',
        replace:
          'if (!this.#state.isAlone) this.#state.timer.restart(options.now);\n    this.#deliveredIndex = options.commitHint;',
      },
      {
        file: 'replica/replica.ts',
        find: 'this.#appliedIndex = snapshot?.snapshot.last.index ?? logIndex(0);',
        replace: 'this.#appliedIndex = recovered.commitHint;',
      },
    ],
    caught: { by: 'simulation', breaks: /^the same applied index|^a read|^the answer is|^a write comes after/, seed: 1 },
  },
  {
    name: 'retry-applied-twice',
    title: 'A repeated request is applied again',
    source: '#12: dissertation §6.3',
    edits: [{ file: 'kv/sessions.ts', find: 'if (earlier !== undefined) return earlier;', replace: 'void earlier;' }],
    caught: { by: 'simulation', breaks: /^the answer is what the log says/, seed: 3 },
  },
  {
    name: 'session-aged-by-the-clock',
    title: 'Applying an entry looks at the clock of the node',
    source: '#37: state machines that differ',
    edits: [
      {
        file: 'kv/sessions.ts',
        find: 'session.usedAt = index;',
        replace: 'session.usedAt = Math.round(performance.now() * 1_000);',
      },
    ],
    caught: { by: 'simulation', breaks: /^the same applied index/, seed: 1 },
  },
  {
    name: 'replaced-is-refused',
    title: 'A proposal that another leader replaced is reported as a definite failure at once',
    source: '#44: what a truncated entry proves',
    edits: [
      {
        file: 'raft/state.ts',
        find: 'this.#replaced.push({ index, term: proposedIn });',
        replace: 'this.outbox.neverHappened({ index, term: proposedIn });',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^what was definitely refused|^a write takes effect|linearizable/,
      seed: null,
      scenario: 'replaced-proposals',
    },
  },
  {
    name: 'lost-lead-is-refused',
    title: 'When the lead is lost, what waits is reported as a definite failure',
    source: '#44: Jepsen, indeterminate outcomes',
    edits: [
      {
        file: 'replica/replica.ts',
        find: "this.#waiting.abandon({ proposals: 'UNKNOWN_OUTCOME', reads: 'NO_QUORUM' });",
        replace: "this.#waiting.abandon({ proposals: 'NOT_LEADER', reads: 'NO_QUORUM' });",
      },
    ],
    caught: { by: 'simulation', breaks: /^what was definitely refused|linearizable/, seed: 19 },
  },
  {
    name: 'timeout-is-refused',
    title: 'A proposal that ran out of time is reported as a definite failure',
    source: '#44: Jepsen, indeterminate outcomes',
    edits: [
      {
        file: 'replica/waiting.ts',
        find: "if (waiting.deadline <= now) this.#settle(index, { ok: false, error: 'UNKNOWN_OUTCOME' });",
        replace: "if (waiting.deadline <= now) this.#settle(index, { ok: false, error: 'NO_QUORUM' });",
      },
    ],
    caught: { by: 'simulation', breaks: /^what was definitely refused|linearizable/, seed: 70 },
  },
];

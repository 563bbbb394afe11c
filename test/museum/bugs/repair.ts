/** Mistakes in what a node does whose log lost entries to damage (docs/decisions/0005-repair.md). */
import type { Bug } from '../bug.ts';

const LOST =
  /^a (?:new leader holds|leader of a later term holds)|^all commit the same|^what is committed is on|leader agrees with what/;

export const REPAIR_BUGS: readonly Bug[] = [
  {
    name: 'damage-cut-away',
    title: 'A damaged log is cut at the damage, and the node goes on as if it had never been longer',
    source: 'PAR (FAST 2018); Jepsen NATS 2.12.1',
    edits: [
      {
        file: 'storage/recovery.ts',
        find: 'return { term: next, votedFor: null, repairFrom: policy.acceptLoss ? null : next };',
        replace: 'return { ...found, repairFrom: null };',
      },
    ],
    caught: { by: 'simulation', breaks: /^a repair begins in a new term/, seed: 3 },
  },
  {
    name: 'repair-votes',
    title: 'A node that repairs its log votes',
    source: 'PAR (FAST 2018)',
    edits: [{ file: 'raft/voting.ts', find: "if (state.repairing) return 'repairing';", replace: '' }],
    caught: { by: 'simulation', breaks: LOST, seed: null, scenario: 'repair-no-vote' },
  },
  {
    name: 'repair-campaigns',
    title: 'A node that repairs its log stands for election',
    source: 'PAR (FAST 2018)',
    edits: [
      { file: 'raft/state.ts', find: '&& !this.repairing && !this.storageStalled', replace: '&& !this.storageStalled' },
      { file: 'raft/candidate.ts', find: 'state.isVoter && !state.repairing', replace: 'state.isVoter' },
    ],
    caught: { by: 'simulation', breaks: LOST, seed: null, scenario: 'repair-no-vote' },
  },
  {
    name: 'repair-ends-at-first-entry',
    title: 'A repair ends with the first entry that a leader sends',
    source: 'PAR (FAST 2018)',
    edits: [
      {
        file: 'raft/state.ts',
        find: 'if ((this.log.termAt(settled) ?? 0) < since) return;',
        replace: 'if (this.#leader === null) return;',
      },
    ],
    caught: { by: 'scenario', name: 'repair-not-yet' },
  },
  {
    name: 'repair-ends-before-the-disk',
    title: 'A repair ends before what was repaired is on the disk',
    source: 'our own rule',
    edits: [
      {
        file: 'raft/state.ts',
        find: 'logIndex(Math.min(this.#commitIndex, this.durability.durableIndex))',
        replace: 'this.#commitIndex',
      },
    ],
    caught: { by: 'scenario', name: 'repair-not-yet' },
  },
  {
    name: 'repair-ends-uncommitted',
    title: 'A repair ends with an entry of a new term that is not committed',
    source: 'our own rule',
    edits: [
      {
        file: 'raft/state.ts',
        find: 'logIndex(Math.min(this.#commitIndex, this.durability.durableIndex))',
        replace: 'this.durability.durableIndex',
      },
    ],
    caught: { by: 'scenario', name: 'repair-transfer' },
  },
  {
    name: 'repair-in-the-old-term',
    title: 'A repair begins in the term that the node was in, so that its leader counts entries that are gone',
    source: 'our own rule',
    edits: [
      {
        file: 'storage/recovery.ts',
        find: 'const next = nextTerm(term(Math.max(found.term, highest)));',
        replace: 'const next = term(Math.max(found.term, highest));',
      },
    ],
    caught: { by: 'simulation', breaks: /^a repair begins in a new term/, seed: 3 },
  },
  {
    name: 'repair-forgotten',
    title: 'A repair is forgotten at the next restart',
    source: 'our own rule',
    edits: [
      {
        file: 'storage/hard-state.ts',
        find: 'repairFrom: repairFrom === 0 ? null : term(repairFrom) },',
        replace: 'repairFrom: null },',
      },
    ],
    caught: { by: 'simulation', breaks: /^a repair begins in a new term|^term and vote are there/, seed: 3 },
  },
];

/** What a node tells of itself, for checking by whoever reads it; the types are those of replica/status.ts. */
import { z } from 'zod';
import { once } from '../base/once.ts';
import { VOTE_REFUSALS } from '../raft/messages.ts';
import type { NodeEvent } from '../replica/status.ts';
import {
  clusterTimeField,
  count,
  figure,
  indexField,
  millisField,
  nodeIdField,
  revisionField,
  shortText,
  termField,
} from './fields.ts';

const roleField = z.enum(['follower', 'pre-candidate', 'candidate', 'leader', 'learner']);
const refusalField = z.enum(VOTE_REFUSALS);
const nodeIds = z.array(nodeIdField).max(64);

const peerProgress = once(() =>
  z.object({
    id: nodeIdField,
    state: z.enum(['probe', 'replicate', 'snapshot']),
    matchIndex: indexField,
    nextIndex: indexField,
    inflight: count,
    heardAgoMs: millisField.nullable(),
  }),
);

const linkStatus = once(() =>
  z.object({ peer: nodeIdField, connected: z.boolean(), rttMs: figure.nullable(), queuedBytes: count }),
);

/** Everything one member knows of itself. Times are milliseconds, sizes bytes. */
export const memberStatus = once(() =>
  z.object({
    id: nodeIdField,
    cluster: shortText,
    role: roleField,
    term: termField,
    votedFor: nodeIdField.nullable(),
    leader: nodeIdField.nullable(),
    configuration: z.object({ voters: nodeIds, outgoing: nodeIds, learners: nodeIds }),
    lastIndex: indexField,
    lastTerm: termField,
    commitIndex: indexField,
    durableIndex: indexField,
    repairing: z.boolean().describe('Its log lost entries to damage: it has no vote until others have given them back.'),
    appliedIndex: indexField,
    snapshotIndex: indexField,
    compactedIndex: indexField,
    election: z.object({ elapsedMs: millisField, timeoutMs: millisField }).nullable(),
    votes: z.object({ granted: nodeIds, refused: nodeIds }).nullable(),
    peers: z.array(peerProgress()).max(64),
    transferTo: nodeIdField.nullable(),
    revision: revisionField,
    keys: count,
    sessions: count,
    tail: z.object({ first: indexField, terms: z.array(termField).max(1_024) }),
    checkpoints: z
      .array(z.object({ index: indexField, hash: count }))
      .max(16)
      .describe('Hashes of the state at multiples of 256 and at `appliedIndex`: equal on all members at an equal index.'),
    links: z.array(linkStatus()).max(64),
    queues: z.object({ proposals: count, reads: count, unsynced: count }),
    loopDelay: z.object({ p99Ms: figure, maxMs: figure }),
    sync: z.object({ p50Ms: figure, p99Ms: figure, maxMs: figure, count }),
    memoryBytes: count,
    processor: z
      .object({ userMs: figure, systemMs: figure })
      .optional()
      .describe('Processor time that the process has used since its start.'),
    uptimeMs: millisField,
  }),
);

/** One row of a log, for people: `text` may be cut, and is not escaped for a terminal. */
export const logRow = once(() =>
  z.object({
    index: indexField,
    term: termField,
    kind: z.enum(['noop', 'command', 'config']),
    time: clusterTimeField,
    text: shortText,
    request: z
      .object({ session: count, sequence: count })
      .nullable()
      .describe('The name of a write within its session: a retry has the same.'),
  }),
);

const ballot = { term: termField, preVote: z.boolean(), granted: z.boolean(), refusal: refusalField.nullable() };

export const raftEvent = once(() =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('role'),
      role: roleField,
      term: termField,
      leader: nodeIdField.nullable(),
      reason: shortText,
    }),
    z.object({ type: z.literal('election'), term: termField, preVote: z.boolean(), reason: shortText }),
    z.object({ type: z.literal('vote-cast'), to: nodeIdField, ...ballot }),
    z.object({ type: z.literal('vote-received'), from: nodeIdField, ...ballot }),
    z.object({ type: z.literal('truncated'), from: indexField, to: indexField, leader: nodeIdField }),
    z.object({ type: z.literal('repair'), since: termField, state: z.enum(['begun', 'done']) }),
    z.object({
      type: z.literal('snapshot'),
      index: indexField,
      state: z.enum(['taken', 'installed', 'sending']),
      peer: nodeIdField.nullable(),
    }),
    z.object({ type: z.literal('transfer'), to: nodeIdField, state: z.enum(['started', 'sent', 'aborted']) }),
  ]),
);

const numbered = { seq: count, node: nodeIdField, time: clusterTimeField };

/** The parameters of the `node.event` notification. */
export const nodeEvent = once(
  () =>
    z.discriminatedUnion('topic', [
      z.object({ topic: z.literal('raft'), ...numbered, event: raftEvent() }),
      z.object({ topic: z.literal('status'), node: nodeIdField, time: clusterTimeField, status: memberStatus() }),
      z.object({ topic: z.literal('fault'), ...numbered, text: shortText }),
    ]) satisfies z.ZodType<NodeEvent>,
);

export const topicField = z.enum(['raft', 'status', 'fault']);

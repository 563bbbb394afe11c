/**
 * The peer half of the method table, in the paper's names (Raft figure 2). All are notifications. These schemas are the
 * description; the frames themselves go through raft-codec.ts, which checks the same and more, quicker.
 */
import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { once } from '../base/once.ts';
import { VOTE_REFUSALS } from '../raft/messages.ts';
import { builtLate } from './built-late.ts';
import { count, indexField, nodeIdField, positive, termField } from './fields.ts';

const routed = { from: nodeIdField, to: nodeIdField, term: termField };

const included = { lastIncludedIndex: indexField, lastIncludedTerm: termField };

const entryTuple = once(() =>
  z
    .union([
      z.tuple([positive, z.number()]),
      z.tuple([positive, z.number(), z.string()]),
      z.tuple([positive, z.number(), z.string(), z.literal('config')]),
    ])
    .describe('[term, time] for a no-op, [term, time, data] for a command, [term, time, data, "config"] for a configuration.'),
);

const peer = { result: null, role: 'peer', errors: [] } as const;

export const raftMethods = {
  'raft.requestVote': builtLate({
    ...peer,
    params: () =>
      z.strictObject({
        ...routed,
        lastLogIndex: indexField,
        lastLogTerm: termField,
        preVote: z.boolean(),
        transfer: z.boolean(),
      }),
    summary: 'Asks for a vote, or with `preVote` whether one would be given (dissertation §9.6).',
  }),
  'raft.requestVoteReply': builtLate({
    ...peer,
    params: () =>
      z.strictObject({
        ...routed,
        preVote: z.boolean(),
        voteGranted: z.boolean(),
        refusal: z.enum(VOTE_REFUSALS).nullable(),
      }),
    summary: 'Grants or refuses a vote, and says why.',
  }),
  'raft.appendEntries': builtLate({
    ...peer,
    params: () =>
      z.strictObject({
        ...routed,
        prevLogIndex: indexField,
        prevLogTerm: termField,
        entries: z.array(entryTuple()).max(LIMITS.appendEntries).describe('Contiguous after prevLogIndex.'),
        leaderCommit: indexField,
        readRound: count,
      }),
    summary: 'Replicates entries; without entries it is the heartbeat.',
  }),
  'raft.appendEntriesReply': builtLate({
    ...peer,
    params: () =>
      z.strictObject({
        ...routed,
        matchIndex: indexField.nullable(),
        hintIndex: indexField,
        hintTerm: termField,
        readRound: count,
      }),
    summary: 'Tells how far the logs are known to be equal; null when prevLogIndex did not match.',
  }),
  'raft.readIndex': builtLate({
    ...peer,
    params: () => z.strictObject({ ...routed, read: count.describe('Names the question; never used twice by a node.') }),
    summary: 'A follower asks for an index at which it may answer linearizable reads (dissertation §6.4).',
  }),
  'raft.readIndexReply': builtLate({
    ...peer,
    params: () => z.strictObject({ ...routed, read: count, index: indexField.nullable() }),
    summary: 'The index that was committed, confirmed by a quorum; null when none confirmed it in time.',
  }),
  'raft.timeoutNow': builtLate({
    ...peer,
    params: () => z.strictObject(routed),
    summary: 'Leadership transfer: stand for election at once (dissertation §3.10).',
  }),
  'raft.installSnapshot': builtLate({
    ...peer,
    params: () =>
      z.strictObject({
        ...routed,
        ...included,
        sizeBytes: positive.describe('Of the whole snapshot.'),
        hash: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .describe('SHA-256 over the snapshot without its footer: two with the same are the same.'),
        offset: count.describe('Where this piece begins, in bytes.'),
        data: z.base64().describe(`Up to ${LIMITS.snapshotPieceBytes} bytes.`),
      }),
    summary: 'One piece of a snapshot, for a follower that needs entries which the leader has compacted (Raft §7).',
  }),
  'raft.installSnapshotReply': builtLate({
    ...peer,
    params: () => z.strictObject({ ...routed, ...included, nextOffset: count.describe('Where the next piece should begin.') }),
    summary: 'Asks for the next piece. That all of it is installed is told by raft.appendEntriesReply.',
  }),
};

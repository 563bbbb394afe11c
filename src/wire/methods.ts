/** Every method of the wire in one table: what it takes, what it answers, who may call it, how it fails. */
import { z } from 'zod';
import type { ErrorKind } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { once } from '../base/once.ts';
import { builtLate } from './built-late.ts';
import { faultPlan, stallField } from './fault-schema.ts';
import {
  boundField,
  count,
  indexField,
  keyField,
  nodeIdField,
  positive,
  revisionField,
  termField,
  valueField,
} from './fields.ts';
import { keyValue, keyVersion, unwatchParams, watchEvent, watchParams, watchResult } from './history-schema.ts';
import { raftMethods } from './raft-methods.ts';
import { logRow, memberStatus, nodeEvent, topicField } from './status-schema.ts';

/** Who may call. An admin may also call what a client may; `server` marks what a node sends to its watchers. */
export type MethodRole = 'client' | 'admin' | 'peer' | 'server';

export interface MethodSpec {
  readonly params: z.ZodType;
  /** Null for a notification, which is never answered. */
  readonly result: z.ZodType | null;
  readonly role: MethodRole;
  /** One sentence. */
  readonly summary: string;
  /** The kinds of failure this method adds to those that any call may meet. */
  readonly errors: readonly ErrorKind[];
}

const call = {
  deadlineMs: positive.max(LIMITS.maxRequestDeadlineMs).optional().describe('The node gives up after this many milliseconds.'),
  forward: z.boolean().default(true).describe('False: answer NOT_LEADER with the url of the leader instead of asking it.'),
};
const requestId = {
  session: positive.optional().describe('From session.open; makes a retry safe.'),
  sequence: positive.optional().describe('Counts the writes of a session from 1; a retry repeats it.'),
  acknowledged: count.optional().describe('All answers up to this sequence have arrived; the store may forget them.'),
};
const atRevision = {
  revision: revisionField.optional().describe('Reads the state at this revision; absent: the newest.'),
};
const read = {
  consistency: z
    .enum(['linearizable', 'lease', 'stale'])
    .default('linearizable')
    .describe(
      '`stale` answers from the state of the node that was asked; `lease` lets a leader that holds a lease answer by itself, which is linearizable as long as clocks run about alike.',
    ),
};

interface WriteIdentity {
  readonly session?: number | undefined;
  readonly sequence?: number | undefined;
  readonly acknowledged?: number | undefined;
}

function write<Fields extends z.ZodRawShape>(fields: Fields) {
  return z.strictObject({ ...fields, ...requestId, ...call }).check((context) => {
    const message = identityProblem(context.value as WriteIdentity);
    if (message !== null) context.issues.push({ code: 'custom', input: context.value, message });
  });
}

function identityProblem({ session, sequence, acknowledged }: WriteIdentity): string | null {
  if ((session === undefined) !== (sequence === undefined)) return '`session` and `sequence` belong together';
  if (acknowledged === undefined) return null;
  if (sequence === undefined) return '`acknowledged` needs `session` and `sequence`';
  return acknowledged < sequence ? null : '`acknowledged` must be below `sequence`';
}

const empty = once(() => z.object({}));
const noParams = once(() => z.strictObject({}));

const WRITE_ERRORS = [
  'NOT_LEADER',
  'NO_QUORUM',
  'UNKNOWN_OUTCOME',
  'TOO_LARGE',
  'SESSION_EXPIRED',
  'STORAGE_FULL',
] as const satisfies ErrorKind[];
const READ_ERRORS = ['NOT_LEADER', 'NO_QUORUM', 'TOO_LARGE'] as const satisfies ErrorKind[];

export const METHODS = {
  'kv.put': builtLate({
    params: () => write({ key: keyField, value: valueField }),
    result: () => z.object({ revision: revisionField, index: indexField, term: termField }),
    role: 'client',
    summary: 'Sets a key; acknowledged once a majority has it on disk.',
    errors: WRITE_ERRORS,
  }),
  'kv.get': builtLate({
    params: () => z.strictObject({ key: keyField, ...atRevision, ...read, ...call }),
    result: () => z.object({ kv: keyValue().nullable(), revision: revisionField }),
    role: 'client',
    summary: 'Reads a key, now or as it was; `kv` is null when there is none.',
    errors: [...READ_ERRORS, 'COMPACTED'],
  }),
  'kv.delete': builtLate({
    params: () => write({ key: keyField }),
    result: () => z.object({ deleted: z.boolean(), revision: revisionField }),
    role: 'client',
    summary: 'Removes a key, if it exists.',
    errors: WRITE_ERRORS,
  }),
  'kv.range': builtLate({
    params: () =>
      z.strictObject({
        start: boundField.optional().describe('First key, included.'),
        end: boundField.optional().describe('First key no longer included.'),
        prefix: boundField.optional().describe('Only keys that begin with this.'),
        limit: count.max(LIMITS.rangeRows).optional().describe('0 or absent: as many as one answer holds.'),
        reverse: z.boolean().optional(),
        keysOnly: z.boolean().optional().describe('Leaves the values empty.'),
        countOnly: z.boolean().optional().describe('Answers the count alone.'),
        ...atRevision,
        ...read,
        ...call,
      }),
    result: () => z.object({ kvs: z.array(keyValue()), count, more: z.boolean(), revision: revisionField }),
    role: 'client',
    summary:
      'Reads keys in order, now or as they were; `more` tells that the answer was cut, `count` is that of the whole range.',
    errors: [...READ_ERRORS, 'COMPACTED'],
  }),
  'kv.history': builtLate({
    params: () =>
      z.strictObject({
        key: keyField,
        limit: count.max(LIMITS.historyRows).optional().describe('0 or absent: as many as one answer holds.'),
        before: revisionField.optional().describe('Only versions older than this revision: the next page.'),
        ...read,
        ...call,
      }),
    result: () =>
      z.object({
        versions: z.array(keyVersion()),
        more: z.boolean(),
        compactedBelow: revisionField,
        revision: revisionField,
      }),
    role: 'client',
    summary:
      'Lists the versions of a key and its deletions, the newest first; what was replaced before `compactedBelow` is forgotten.',
    errors: READ_ERRORS,
  }),
  'kv.cas': builtLate({
    params: () =>
      write({ key: keyField, expect: valueField.nullable().describe('null: the key must not exist.'), value: valueField }),
    result: () => z.object({ swapped: z.boolean(), current: z.string().nullable(), revision: revisionField }),
    role: 'client',
    summary: 'Sets a key only if its value is the expected one; `current` is the value it has afterwards.',
    errors: WRITE_ERRORS,
  }),
  'kv.watch': builtLate({
    params: watchParams,
    result: watchResult,
    role: 'client',
    summary:
      'Sends `kv.event` notifications of changes on this connection, in order, each once; any node does, of what it has applied.',
    errors: ['COMPACTED'],
  }),
  'kv.unwatch': builtLate({
    params: unwatchParams,
    result: () => z.object({ ended: z.boolean() }),
    role: 'client',
    summary: 'Ends a watch of this connection; `ended` is false when there was none.',
    errors: [],
  }),
  'session.open': builtLate({
    params: () => z.strictObject(call),
    result: () => z.object({ session: positive }),
    role: 'client',
    summary: 'Opens a session, within which a repeated sequence is answered and not applied again.',
    errors: ['NOT_LEADER', 'NO_QUORUM', 'UNKNOWN_OUTCOME'],
  }),
  'node.status': builtLate({
    params: noParams,
    result: memberStatus,
    role: 'client',
    summary: 'Tells what the asked node knows of itself and its peers.',
    errors: [],
  }),
  'node.log': builtLate({
    params: () => z.strictObject({ from: indexField, limit: positive.max(256) }),
    result: () => z.object({ rows: z.array(logRow()).max(256) }),
    role: 'client',
    summary: 'Shows rows of the log of the asked node, committed or not.',
    errors: ['COMPACTED'],
  }),
  'node.subscribe': builtLate({
    params: () => z.strictObject({ topics: z.array(topicField).max(8) }),
    result: () => z.object({ subscribed: z.array(topicField) }),
    role: 'client',
    summary: 'Sends `node.event` notifications on this connection from now on; replaces an earlier subscription.',
    errors: [],
  }),
  'rpc.discover': builtLate({
    params: noParams,
    result: () => z.looseObject({ openrpc: z.string() }),
    role: 'client',
    summary: 'Answers with the OpenRPC document of all this.',
    errors: [],
  }),
  'fault.set': builtLate({
    params: () => z.strictObject({ plan: faultPlan() }),
    result: () => z.object({ rules: count }),
    role: 'admin',
    summary: 'Replaces the faults that this node injects into its links, disk and clocks; only where faults are enabled.',
    errors: ['FORBIDDEN'],
  }),
  'fault.clear': builtLate({
    params: noParams,
    result: empty,
    role: 'admin',
    summary: 'Ends the faults that this node injects.',
    errors: ['FORBIDDEN'],
  }),
  'fault.stall': builtLate({
    params: () => z.strictObject({ ms: stallField }),
    result: empty,
    role: 'admin',
    summary: 'Blocks the event loop of this node once, right after the answer; only where faults are enabled.',
    errors: ['FORBIDDEN'],
  }),
  'cluster.transferLeadership': builtLate({
    params: () => z.strictObject({ to: nodeIdField }),
    result: empty,
    role: 'admin',
    summary: 'Asks this leader to hand over to another member.',
    errors: ['NOT_LEADER'],
  }),
  'cluster.campaign': builtLate({
    params: noParams,
    result: empty,
    role: 'admin',
    summary: 'Asks this node to stand for election now, through a pre-vote as always.',
    errors: [],
  }),
  'node.event': builtLate({
    params: nodeEvent,
    result: null,
    role: 'server',
    summary: 'Something happened on the node: sent to those who subscribed.',
    errors: [],
  }),
  'kv.event': builtLate({
    params: watchEvent,
    result: null,
    role: 'server',
    summary: 'Changes of keys, in the order of their revisions: sent to those who watch.',
    errors: [],
  }),
  ...raftMethods,
} satisfies Record<string, MethodSpec>;

export type MethodName = keyof typeof METHODS;
/** What a handler gets: checked, defaults filled in. */
export type ParamsOf<M extends MethodName> = z.output<(typeof METHODS)[M]['params']>;
/** What a caller may send: members with a default may be left out. */
export type ParamsInput<M extends MethodName> = z.input<(typeof METHODS)[M]['params']>;
export type ResultOf<M extends MethodName> =
  Exclude<(typeof METHODS)[M]['result'], null> extends infer Result extends z.ZodType ? z.output<Result> : null;

/** Own names only: `constructor` and `__proto__` are no methods. */
export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name);
}

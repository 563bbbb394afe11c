/**
 * Raft's messages as JSON-RPC notifications, in the paper's names, and back. Decoding trusts nothing: a peer's frame that
 * passes here can be handed to the core as it is.
 */

import { unreachable } from '../base/assert.ts';
import { type ClusterTime, clusterTime, type LogIndex, logIndex, type NodeId, type Term, term } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import { type AppendRequest, type Entry, type Message, VOTE_REFUSALS, type VoteRefusal } from '../raft/messages.ts';
import { exceedsBytes, isWellFormed } from './utf8.ts';

export type RaftMethod =
  | 'raft.requestVote'
  | 'raft.requestVoteReply'
  | 'raft.appendEntries'
  | 'raft.appendEntriesReply'
  | 'raft.readIndex'
  | 'raft.readIndexReply'
  | 'raft.timeoutNow'
  | 'raft.installSnapshot'
  | 'raft.installSnapshotReply';

export const RAFT_METHODS: readonly RaftMethod[] = [
  'raft.requestVote',
  'raft.requestVoteReply',
  'raft.appendEntries',
  'raft.appendEntriesReply',
  'raft.readIndex',
  'raft.readIndexReply',
  'raft.timeoutNow',
  'raft.installSnapshot',
  'raft.installSnapshotReply',
];

/** An entry without its index, which follows from its place: few brackets, still readable. */
export type EntryTuple =
  | readonly [term: Term, time: ClusterTime]
  | readonly [term: Term, time: ClusterTime, data: string]
  | readonly [term: Term, time: ClusterTime, data: string, kind: 'config'];

type Params = Readonly<Record<string, unknown>>;

export function encodeMessage(message: Message): { readonly method: RaftMethod; readonly params: Params } {
  const { from, to, term } = message;
  switch (message.type) {
    case 'vote-request': {
      const { last, preVote, transfer } = message;
      const params = { from, to, term, lastLogIndex: last.index, lastLogTerm: last.term, preVote, transfer };
      return { method: 'raft.requestVote', params };
    }
    case 'vote-reply': {
      const { preVote, granted, refusal } = message;
      return { method: 'raft.requestVoteReply', params: { from, to, term, preVote, voteGranted: granted, refusal } };
    }
    case 'append-request':
      return { method: 'raft.appendEntries', params: encodeAppend(message) };
    case 'append-reply': {
      const { matched, hint, readRound } = message;
      const params = { from, to, term, matchIndex: matched, hintIndex: hint.index, hintTerm: hint.term, readRound };
      return { method: 'raft.appendEntriesReply', params };
    }
    case 'read-index-request':
      return { method: 'raft.readIndex', params: { from, to, term, read: message.read } };
    case 'read-index-reply':
      return { method: 'raft.readIndexReply', params: { from, to, term, read: message.read, index: message.index } };
    case 'timeout-now':
      return { method: 'raft.timeoutNow', params: { from, to, term } };
    case 'install-snapshot': {
      const { snapshot, offset, data } = message;
      const { last, sizeBytes, hash } = snapshot;
      const params = {
        from,
        to,
        term,
        lastIncludedIndex: last.index,
        lastIncludedTerm: last.term,
        sizeBytes,
        hash,
        offset,
        data,
      };
      return { method: 'raft.installSnapshot', params };
    }
    case 'install-snapshot-reply': {
      const { last, next } = message;
      const params = { from, to, term, lastIncludedIndex: last.index, lastIncludedTerm: last.term, nextOffset: next };
      return { method: 'raft.installSnapshotReply', params };
    }
    default:
      return unreachable(message);
  }
}

function encodeAppend({ from, to, term, previous, entries, commit, readRound }: AppendRequest): Params {
  return {
    from,
    to,
    term,
    prevLogIndex: previous.index,
    prevLogTerm: previous.term,
    entries: entries.map(encodeEntry),
    leaderCommit: commit,
    readRound,
  };
}

export function encodeEntry(entry: Entry): EntryTuple {
  if (entry.kind === 'command') return [entry.term, entry.time, entry.data];
  if (entry.kind === 'noop') return [entry.term, entry.time];
  return [entry.term, entry.time, entry.data, 'config'];
}

export type Decoded =
  | { readonly ok: true; readonly message: Message }
  /** For the log: what was wrong, in words of our own. */
  | { readonly ok: false; readonly problem: string };

/** What stops a decoding; it never leaves this file. */
class Malformed extends Error {}

/**
 * Checks members, ranges, sizes, the order of terms, and that the message travels between the two nodes that this
 * connection joins: `from` the peer, `to` this node.
 */
export function decodeMessage(method: string, params: unknown, from: NodeId, to: NodeId): Decoded {
  try {
    return { ok: true, message: decode(method, new Reader(params, from, to)) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, problem: `${method.slice(0, 32)}: ${error.message}` };
    throw error;
  }
}

function decode(method: string, reader: Reader): Message {
  switch (method) {
    case 'raft.requestVote':
      return decodeVoteRequest(reader);
    case 'raft.requestVoteReply':
      return reader.whole(6, {
        ...reader.route('vote-reply'),
        preVote: reader.flag('preVote'),
        granted: reader.flag('voteGranted'),
        refusal: reader.refusal('refusal'),
      });
    case 'raft.appendEntries':
      return decodeAppend(reader);
    case 'raft.appendEntriesReply':
      return reader.whole(7, {
        ...reader.route('append-reply'),
        matched: reader.value('matchIndex') === null ? null : reader.index('matchIndex'),
        hint: { index: reader.index('hintIndex'), term: reader.term('hintTerm') },
        readRound: reader.number('readRound'),
      });
    case 'raft.readIndex':
      return reader.whole(4, { ...reader.route('read-index-request'), read: reader.number('read') });
    case 'raft.readIndexReply':
      return reader.whole(5, {
        ...reader.route('read-index-reply'),
        read: reader.number('read'),
        index: reader.value('index') === null ? null : reader.index('index'),
      });
    case 'raft.timeoutNow':
      return reader.whole(3, reader.route('timeout-now'));
    case 'raft.installSnapshot':
      return decodeInstallSnapshot(reader);
    case 'raft.installSnapshotReply':
      return reader.whole(6, {
        ...reader.route('install-snapshot-reply'),
        last: reader.included(),
        next: reader.number('nextOffset'),
      });
    default:
      throw new Malformed('is no message between peers');
  }
}

function decodeVoteRequest(reader: Reader): Message {
  const last = { index: reader.index('lastLogIndex'), term: reader.term('lastLogTerm') };
  const message = {
    ...reader.route('vote-request'),
    last,
    preVote: reader.flag('preVote'),
    transfer: reader.flag('transfer'),
  };
  if (last.term > message.term) throw new Malformed('the log is ahead of the term');
  return reader.whole(7, message);
}

function decodeInstallSnapshot(reader: Reader): Message {
  const sizeBytes = reader.number('sizeBytes');
  const offset = reader.number('offset');
  const message = {
    ...reader.route('install-snapshot'),
    snapshot: { last: reader.included(), sizeBytes, hash: reader.matching('hash', SHA_256) },
    offset,
    data: reader.matching('data', BASE64),
  };
  if (message.snapshot.last.term > message.term) throw new Malformed('the snapshot is ahead of the term');
  if (message.data.length % 4 !== 0) throw new Malformed('a piece is not whole base64 (RFC 4648 §4)');
  if (message.data.length > PIECE_UNITS) throw new Malformed('a piece is over its size');
  if (sizeBytes > LIMITS.snapshotBytes) throw new Malformed('the snapshot is over its size');
  if (offset >= sizeBytes) throw new Malformed('a piece begins beyond the snapshot');
  return reader.whole(9, message);
}

function decodeAppend(reader: Reader): Message {
  const previous = { index: reader.index('prevLogIndex'), term: reader.term('prevLogTerm') };
  const message = {
    ...reader.route('append-request'),
    previous,
    entries: reader.entries('entries', previous.index),
    commit: reader.index('leaderCommit'),
    readRound: reader.number('readRound'),
  };
  let newest = previous.term;
  for (const entry of message.entries) {
    if (entry.term < newest) throw new Malformed('terms go back within the entries');
    newest = entry.term;
  }
  if (newest > message.term) throw new Malformed('an entry is ahead of the term');
  return reader.whole(8, message);
}

const SHA_256 = /^[0-9a-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Base64 makes four characters of three bytes. */
const PIECE_UNITS = 4 * Math.ceil(LIMITS.snapshotPieceBytes / 3);

const REFUSALS: ReadonlySet<unknown> = new Set<VoteRefusal>(VOTE_REFUSALS);

/** Reads named members of one params object; every method throws Malformed. */
class Reader {
  readonly #params: Readonly<Record<string, unknown>>;
  readonly #from: NodeId;
  readonly #to: NodeId;

  constructor(params: unknown, from: NodeId, to: NodeId) {
    if (typeof params !== 'object' || params === null || Array.isArray(params)) throw new Malformed('params must be an object');
    this.#params = params as Readonly<Record<string, unknown>>;
    this.#from = from;
    this.#to = to;
  }

  value(name: string): unknown {
    return this.#params[name];
  }

  number(name: string): number {
    return checkedInteger(this.#params[name], name);
  }

  term(name: string): Term {
    return term(this.number(name));
  }

  index(name: string): LogIndex {
    return logIndex(this.number(name));
  }

  included(): { readonly index: LogIndex; readonly term: Term } {
    return { index: this.index('lastIncludedIndex'), term: this.term('lastIncludedTerm') };
  }

  matching(name: string, pattern: RegExp): string {
    const value = this.#params[name];
    if (typeof value !== 'string' || !pattern.test(value)) throw new Malformed(`${name} does not look as it should`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#params[name];
    if (typeof value !== 'boolean') throw new Malformed(`${name} must be true or false`);
    return value;
  }

  refusal(name: string): VoteRefusal | null {
    const value = this.#params[name];
    if (value !== null && !REFUSALS.has(value)) throw new Malformed(`${name} is no known reason`);
    return value as VoteRefusal | null;
  }

  route<Type extends Message['type']>(type: Type): { type: Type; from: NodeId; to: NodeId; term: Term } {
    if (this.#params['from'] !== this.#from) throw new Malformed('`from` is not the node of this connection');
    if (this.#params['to'] !== this.#to) throw new Malformed('`to` is not this node');
    return { type, from: this.#from, to: this.#to, term: this.term('term') };
  }

  entries(name: string, previous: LogIndex): readonly Entry[] {
    const tuples = this.#params[name];
    if (!Array.isArray(tuples)) throw new Malformed(`${name} must be an array`);
    if (tuples.length > LIMITS.appendEntries) throw new Malformed(`more than ${LIMITS.appendEntries} entries`);
    checkedInteger(previous + tuples.length, 'the last index');
    const entries = new Array<Entry>(tuples.length);
    for (let i = 0; i < tuples.length; i += 1) entries[i] = decodeEntry(tuples[i], logIndex(previous + 1 + i));
    return entries;
  }

  /** Nothing but the members that were read: `members` counts them. */
  whole(members: number, message: Message): Message {
    if (Object.keys(this.#params).length !== members) throw new Malformed('has members that do not belong to it');
    return message;
  }
}

function checkedInteger(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Malformed(`${name} must be a safe integer from 0 up`);
  // A negative zero from the wire becomes a plain one.
  return (value as number) + 0;
}

function decodeEntry(tuple: unknown, index: LogIndex): Entry {
  if (!Array.isArray(tuple) || tuple.length < 2 || tuple.length > 4) throw new Malformed('an entry has two to four parts');
  const entryTerm = term(checkedInteger(tuple[0], 'the term of an entry'));
  if (entryTerm === 0) throw new Malformed('an entry of term 0');
  const time = clusterTime(checkedInteger(tuple[1], 'the time of an entry'));
  if (tuple.length === 2) return { index, term: entryTerm, time, kind: 'noop', data: '' };
  if (tuple.length === 4 && tuple[3] !== 'config') throw new Malformed('an entry of no known kind');
  const data: unknown = tuple[2];
  if (typeof data !== 'string') throw new Malformed('the data of an entry must be text');
  // What is not well-formed would read differently once it was on disk.
  if (!isWellFormed(data)) throw new Malformed('the data of an entry is not well-formed Unicode');
  if (exceedsBytes(data, LIMITS.recordBytes)) throw new Malformed('an entry is over its size');
  return { index, term: entryTerm, time, kind: tuple.length === 4 ? 'config' : 'command', data };
}

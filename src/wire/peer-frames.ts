/**
 * Raft's messages as whole frames. Appends, heartbeats and their answers are most of what travels between nodes, so they are
 * written and read by position here; a frame that is not exactly as `encode` writes it goes the long way, through
 * guard.ts and raft-codec.ts, and means the same.
 */
import { logIndex, type NodeId, term } from '../base/brand.ts';
import type { AppendReply, AppendRequest, Entry, Message } from '../raft/messages.ts';
import { Cursor } from './cursor.ts';
import { type Call, guardFrame, PEER_FRAMES } from './guard.ts';
import { type Decoded, decodeMessage, encodeEntry, encodeMessage, RAFT_METHODS } from './raft-codec.ts';
import { shapeProblem } from './scan.ts';

/** Within the array of entries: the array, an entry. */
const ENTRIES_SHAPE = { depth: 2, tokens: PEER_FRAMES.tokens } as const;
const KNOWN: ReadonlySet<string> = new Set(RAFT_METHODS);

/** What one frame of a peer says: its messages in order, or what is wrong with it, in words of our own. */
export type PeerFrame =
  | { readonly ok: true; readonly messages: readonly Message[] }
  | { readonly ok: false; readonly problem: string };

/** Writes frames for one peer and reads its frames. */
export class PeerFrames {
  readonly #self: NodeId;
  readonly #peer: NodeId;
  readonly #appendTo: string;
  readonly #replyTo: string;
  readonly #appendFrom: string;
  readonly #replyFrom: string;

  constructor(self: NodeId, peer: NodeId) {
    this.#self = self;
    this.#peer = peer;
    this.#appendTo = head('raft.appendEntries', self, peer);
    this.#replyTo = head('raft.appendEntriesReply', self, peer);
    this.#appendFrom = head('raft.appendEntries', peer, self);
    this.#replyFrom = head('raft.appendEntriesReply', peer, self);
  }

  encode(message: Message): string {
    if (message.type === 'append-request') return this.#encodeAppend(message);
    if (message.type === 'append-reply') return this.#encodeReply(message);
    return JSON.stringify({ jsonrpc: '2.0', ...encodeMessage(message) });
  }

  /** Never throws. Messages are checked as `decodeMessage` checks them. */
  decode(text: string): PeerFrame {
    if (text.length > PEER_FRAMES.bytes) return { ok: false, problem: `a frame may take ${PEER_FRAMES.bytes} bytes` };
    const message = this.#decodeReply(text) ?? this.#decodeAppend(text);
    return message === null ? this.#decodeOther(text) : { ok: true, messages: [message] };
  }

  #encodeAppend({ term: current, previous, entries, commit, readRound }: AppendRequest): string {
    const place = `${current},"prevLogIndex":${previous.index},"prevLogTerm":${previous.term}`;
    return `${this.#appendTo}${place},"leaderCommit":${commit},"readRound":${readRound},"entries":${entriesText(entries)}}}`;
  }

  #encodeReply({ term: current, matched, hint, readRound }: AppendReply): string {
    const place = `${current},"matchIndex":${matched},"hintIndex":${hint.index},"hintTerm":${hint.term}`;
    return `${this.#replyTo}${place},"readRound":${readRound}}}`;
  }

  #decodeReply(text: string): Message | null {
    if (!text.startsWith(this.#replyFrom)) return null;
    const cursor = new Cursor(text, this.#replyFrom.length);
    const current = cursor.number();
    cursor.word(',"matchIndex":');
    const matched = cursor.takes('null') ? null : logIndex(cursor.number());
    cursor.word(',"hintIndex":');
    const index = logIndex(cursor.number());
    cursor.word(',"hintTerm":');
    const hint = { index, term: term(cursor.number()) };
    cursor.word(',"readRound":');
    const readRound = cursor.number();
    cursor.word('}}');
    if (!cursor.isThrough) return null;
    return { type: 'append-reply', from: this.#peer, to: this.#self, term: term(current), matched, hint, readRound };
  }

  #decodeAppend(text: string): Message | null {
    if (!text.startsWith(this.#appendFrom)) return null;
    const cursor = new Cursor(text, this.#appendFrom.length);
    const current = term(cursor.number());
    cursor.word(',"prevLogIndex":');
    const index = logIndex(cursor.number());
    cursor.word(',"prevLogTerm":');
    const previous = { index, term: term(cursor.number()) };
    cursor.word(',"leaderCommit":');
    const commit = logIndex(cursor.number());
    cursor.word(',"readRound":');
    const readRound = cursor.number();
    cursor.word(',"entries":');
    const rest = cursor.rest('}}');
    if (rest === null) return null;
    const { from, to } = { from: this.#peer, to: this.#self };
    if (rest === '[]' && previous.term <= current)
      return { type: 'append-request', from, to, term: current, previous, entries: [], commit, readRound };
    const entries = parsedEntries(rest);
    const place = { prevLogIndex: index, prevLogTerm: previous.term, leaderCommit: commit };
    const decoded = decodeMessage('raft.appendEntries', { from, to, term: current, ...place, readRound, entries }, from, to);
    return decoded.ok ? decoded.message : null;
  }

  #decodeOther(text: string): PeerFrame {
    const frame = guardFrame(text, PEER_FRAMES);
    if (frame.type === 'refused') return { ok: false, problem: frame.detail };
    if (frame.type === 'replies') return { ok: false, problem: 'an answer, where nothing is asked' };
    const messages: Message[] = [];
    for (const call of frame.calls) {
      // A newer version may tell more than this one knows.
      if (call.id === undefined && !KNOWN.has(call.method)) continue;
      const decoded = this.#decodeCall(call);
      if (!decoded.ok) return decoded;
      messages.push(decoded.message);
    }
    return { ok: true, messages };
  }

  #decodeCall({ id, method, params }: Call): Decoded {
    if (id !== undefined) return { ok: false, problem: 'peers tell, and ask nothing' };
    return decodeMessage(method, params, this.#peer, this.#self);
  }
}

/** Up to and without the term, which every message begins with. */
function head(method: string, from: NodeId, to: NodeId): string {
  const names = `"from":${JSON.stringify(from)},"to":${JSON.stringify(to)}`;
  return `{"jsonrpc":"2.0","method":"${method}","params":{${names},"term":`;
}

let lastEntries: readonly Entry[] = [];
let lastText = '[]';

/** All followers are mostly sent the same entries: their text is made once. */
function entriesText(entries: readonly Entry[]): string {
  if (entries.length === 0) return '[]';
  if (entries !== lastEntries) {
    lastText = JSON.stringify(entries.map(encodeEntry));
    lastEntries = entries;
  }
  return lastText;
}

function parsedEntries(text: string): unknown {
  if (shapeProblem(text, ENTRIES_SHAPE) !== null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

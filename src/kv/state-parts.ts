/** What the hash of a store is made of: one part for each key, each session, each remembered reply, and the revision. */
import type { KeyValue, Reply } from './commands.ts';
import { StateHash, type StateSum } from './state-hash.ts';

/** So that a part of one kind never equals one of another. */
const KIND = { key: 1, session: 2, reply: 3, revision: 4 } as const;
const REPLY = { put: 1, delete: 2, cas: 3, session: 4, 'session-expired': 5 } as const;

/** A hash is filled and read within one call, so one is enough for all. */
const hash = new StateHash();

export function keyPart({ key, value, createRevision, modRevision, version }: KeyValue): StateHash {
  begin(KIND.key);
  hash.text(key);
  hash.text(value);
  hash.number(createRevision);
  hash.number(modRevision);
  hash.number(version);
  return hash;
}

/** What of a key its part counts beside the bytes of its texts. */
export interface PackedFacts {
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly valueBytes: number;
}

/** The same part of a key whose value is `valueBytes` bytes of UTF-8 at `valueAt`. */
export function packedKeyPart(key: string, view: DataView, valueAt: number, facts: PackedFacts): StateHash {
  begin(KIND.key);
  hash.text(key);
  return valuePart(view, valueAt, facts);
}

/** The same of a key that is bytes as well, so many at `keyAt` in `keys`. */
export function bytesKeyPart(
  keys: DataView,
  keyAt: number,
  keyBytes: number,
  view: DataView,
  valueAt: number,
  facts: PackedFacts,
): StateHash {
  begin(KIND.key);
  hash.bytes(keys, keyAt, keyBytes);
  return valuePart(view, valueAt, facts);
}

function valuePart(view: DataView, valueAt: number, facts: PackedFacts): StateHash {
  hash.bytes(view, valueAt, facts.valueBytes);
  hash.number(facts.createRevision);
  hash.number(facts.modRevision);
  hash.number(facts.version);
  return hash;
}

export function sessionPart(id: number, usedAt: number, forgotten: number): StateHash {
  begin(KIND.session);
  hash.number(id);
  hash.number(usedAt);
  hash.number(forgotten);
  return hash;
}

export function replyPart(session: number, sequence: number, reply: Reply): StateHash {
  begin(KIND.reply);
  hash.number(session);
  hash.number(sequence);
  hash.number(REPLY[reply.type]);
  switch (reply.type) {
    case 'put':
      hash.number(reply.revision);
      break;
    case 'delete':
      hash.number(reply.deleted ? 1 : 0);
      hash.number(reply.revision);
      break;
    case 'cas':
      hash.number(reply.swapped ? 1 : 0);
      hash.number(reply.current === null ? 0 : 1);
      hash.text(reply.current ?? '');
      hash.number(reply.revision);
      break;
    case 'session':
      hash.number(reply.session);
  }
  return hash;
}

/** The whole: what the parts come to, and the revision, which also counts what left no trace. */
export function wholeHash(parts: StateSum, revision: number): number {
  begin(KIND.revision);
  hash.number(revision);
  hash.number(parts.value());
  return hash.value();
}

function begin(kind: number): void {
  hash.reset();
  hash.number(kind);
}

import fc from 'fast-check';
import {
  type ClusterTime,
  clusterTime,
  type LogIndex,
  logIndex,
  type NodeId,
  nodeId,
  type Term,
  term,
} from '../../src/base/brand.ts';
import { type Entry, type Message, VOTE_REFUSALS } from '../../src/raft/messages.ts';

export const FROM: NodeId = nodeId('n1');
export const TO: NodeId = nodeId('n2');

const safeInteger = fc.oneof(fc.nat(), fc.maxSafeNat());
const terms = safeInteger.map(term);
const indexes = safeInteger.map(logIndex);
const wellFormed = fc.string({ unit: 'binary', maxLength: 40 });
const refusals = fc.constantFrom(null, ...VOTE_REFUSALS);

type Body = Pick<Entry, 'kind' | 'data' | 'time'> & { readonly step: number };

const bodies: fc.Arbitrary<Body> = fc
  .record({
    kind: fc.constantFrom('noop', 'command', 'config' as const),
    data: wellFormed,
    time: safeInteger.map(clusterTime) as fc.Arbitrary<ClusterTime>,
    step: fc.nat({ max: 2 }),
  })
  .map((body) => (body.kind === 'noop' ? { ...body, data: '' } : body));

/** Entries after `previous`, with terms that never go back; the last one's term comes with them. */
function entriesAfter(previous: { index: LogIndex; term: Term }, parts: readonly Body[]): readonly Entry[] {
  let newest: number = Math.max(1, previous.term);
  return parts.map(({ kind, data, time, step }, i) => {
    newest += step;
    return { index: logIndex(previous.index + 1 + i), term: term(newest), time, kind, data };
  });
}

const appends = fc
  .record({
    index: fc.nat(),
    term: fc.nat(),
    bodies: fc.array(bodies, { maxLength: 12 }),
    ahead: fc.nat({ max: 3 }),
    commit: indexes,
    readRound: safeInteger,
  })
  .map(({ index, term: previousTerm, bodies: parts, ahead, commit, readRound }): Message => {
    const previous = { index: logIndex(index), term: term(previousTerm) };
    const entries = entriesAfter(previous, parts);
    const newest = entries.at(-1)?.term ?? previous.term;
    return { type: 'append-request', from: FROM, to: TO, term: term(newest + ahead), previous, entries, commit, readRound };
  });

/** Any message that a correct node may send. */
export const messages: fc.Arbitrary<Message> = fc.oneof(
  fc
    .record({ a: terms, b: terms, index: indexes, preVote: fc.boolean(), transfer: fc.boolean() })
    .map(({ a, b, index, preVote, transfer }): Message => {
      const [older, newer] = a < b ? [a, b] : [b, a];
      return { type: 'vote-request', from: FROM, to: TO, term: newer, last: { index, term: older }, preVote, transfer };
    }),
  fc
    .record({ term: terms, preVote: fc.boolean(), granted: fc.boolean(), refusal: refusals })
    .map((rest): Message => ({ type: 'vote-reply', from: FROM, to: TO, ...rest })),
  appends,
  fc
    .record({
      term: terms,
      matched: fc.option(indexes),
      hint: fc.record({ index: indexes, term: terms }),
      readRound: safeInteger,
    })
    .map((rest): Message => ({ type: 'append-reply', from: FROM, to: TO, ...rest })),
  fc
    .record({
      a: terms,
      b: terms,
      index: indexes,
      offset: fc.nat(),
      rest: fc.integer({ min: 1, max: 1_000 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    })
    .map(({ a, b, index, offset, rest, bytes }): Message => {
      const [older, newer] = a < b ? [a, b] : [b, a];
      const snapshot = { last: { index, term: older }, sizeBytes: offset + rest, hash: 'ab'.repeat(32) };
      return {
        type: 'install-snapshot',
        from: FROM,
        to: TO,
        term: newer,
        snapshot,
        offset,
        data: Buffer.from(bytes).toString('base64'),
      };
    }),
  fc
    .record({ term: terms, last: fc.record({ index: indexes, term: terms }), next: safeInteger })
    .map((rest): Message => ({ type: 'install-snapshot-reply', from: FROM, to: TO, ...rest })),
  fc
    .record({ term: terms, read: safeInteger })
    .map((rest): Message => ({ type: 'read-index-request', from: FROM, to: TO, ...rest })),
  fc
    .record({ term: terms, read: safeInteger, index: fc.option(indexes) })
    .map((rest): Message => ({ type: 'read-index-reply', from: FROM, to: TO, ...rest })),
  terms.map((at): Message => ({ type: 'timeout-now', from: FROM, to: TO, term: at })),
);

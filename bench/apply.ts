/**
 * What one committed put of 256 bytes costs the state machine, and how much of it is the state hash.
 * Run: node_modules/.bin/node bench/apply.ts
 */
import { logIndex, revision } from '../src/base/brand.ts';
import { encodeCommand } from '../src/kv/command-text.ts';
import { Machine } from '../src/kv/machine.ts';
import { StateSum } from '../src/kv/state-hash.ts';
import { keyPart, replyPart, sessionPart } from '../src/kv/state-parts.ts';
import { argumentsOf } from './arguments.ts';

argumentsOf(import.meta.filename, {});

const PUTS = 200_000;
const KEYS = 20_000;
const ROUNDS = 7;
const VALUE = 'v'.repeat(248);

const keyAt = (at: number): string => `user:${String((at * 7_919) % KEYS).padStart(11, '0')}`;
const valueAt = (at: number): string => `${VALUE}${String(at).padStart(8, '0')}`;
const median = (of: readonly number[]): number => of.toSorted((a, b) => a - b)[of.length >> 1] ?? 0;

/** Nanoseconds of processor time for each of `PUTS` runs: the fastest and the middle round. */
function time(prepare: () => (at: number) => void): string {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const run = prepare();
    const before = process.cpuUsage();
    for (let at = 0; at < PUTS; at += 1) run(at);
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1e3) / PUTS;
  });
  return `${Math.round(Math.min(...rounds))} (fastest) to ${Math.round(median(rounds))} ns (median)`;
}

const texts = Array.from({ length: PUTS }, (_, at) => {
  const request = { session: 1, sequence: at + 1, acknowledged: at };
  // Through JSON, as an entry comes from the wire or the disk: one flat string.
  return JSON.parse(JSON.stringify(encodeCommand({ type: 'put', key: keyAt(at), value: valueAt(at), request }))) as string;
});
const kvs = texts.map((text, at) => ({
  key: keyAt(at),
  value: text.slice(-256),
  createRevision: revision(1),
  modRevision: revision(at + 1),
  version: 1,
}));

console.log(
  `apply, the hash included: ${time(() => {
    const machine = new Machine();
    machine.apply(logIndex(1), 'o');
    return (at) => machine.apply(logIndex(at + 2), texts[at] ?? '');
  })}`,
);
console.log(
  `the hash of a put over another, with session and reply: ${time(() => {
    const sum = new StateSum();
    return (at) => {
      const kv = kvs[at];
      const before = kvs[at < KEYS ? at : at - KEYS];
      if (kv === undefined || before === undefined) return;
      sum.remove(keyPart(before));
      sum.add(keyPart(kv));
      sum.remove(sessionPart(1, at, at));
      sum.add(sessionPart(1, at + 1, at + 1));
      sum.remove(replyPart(1, at, { type: 'put', revision: kv.modRevision }));
      sum.add(replyPart(1, at + 1, { type: 'put', revision: kv.modRevision }));
    };
  })}`,
);

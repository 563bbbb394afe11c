/**
 * The skip list beside the structures that textbooks compare it with. Run with: npm run bench:structures [-- --most 1000000] [--json FILE]
 * Each figure is from one operation repeated for at most a fifth of a second on a structure of that size, so a list that
 * takes a millisecond a step can be measured at a million keys too.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.ts';
import { STRUCTURES, type Structure } from './structures.ts';

const { values } = parseArgs({ options: { most: { type: 'string', default: '1000000' }, json: { type: 'string' } } });
const SIZES = [100, 1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= Number(values.most));
const BUDGET_MS = 200;
const MOST_SAMPLES = 20_000;
const TURN = 100;
const RANGE_ROWS = 100;
const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');

interface Row {
  readonly structure: string;
  readonly keys: number;
  readonly insertNs: number;
  readonly findNs: number;
  readonly deleteNs: number;
  /** Null where there is no order. */
  readonly rangeNs: number | null;
  readonly bytesPerKey: number;
}

const rows: Row[] = [];
// What runs first is measured before the compiler has seen it.
for (const [name, create] of Object.entries(STRUCTURES)) measure(name, create, 1_000);
for (const size of SIZES) {
  console.log(`\n${size.toLocaleString('en')} keys of 16 bytes; time for one operation, memory beside key and value`);
  console.log(
    `  ${'structure'.padEnd(28)}${['insert', 'find', 'delete', 'range of 100', 'bytes a key'].map((head) => head.padStart(14)).join('')}`,
  );
  for (const [name, create] of Object.entries(STRUCTURES)) {
    const row = measure(name, create, size);
    rows.push(row);
    const times = [row.insertNs, row.findNs, row.deleteNs, row.rangeNs].map((ns) =>
      (ns === null ? 'no order' : time(ns)).padStart(14),
    );
    console.log(`  ${name.padEnd(28)}${times.join('')}${row.bytesPerKey.toFixed(0).padStart(14)}`);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);

function measure(structure: string, create: () => Structure, keys: number): Row {
  const random = seededRandom(keys);
  const present = Array.from({ length: keys }, () => flatKey(random.next(), random.next()));
  const others = Array.from({ length: Math.min(keys, MOST_SAMPLES) }, () => flatKey(random.next(), random.next()));
  const sorted = present.toSorted();
  const before = usedBytes();
  const made = create();
  made.load(sorted);
  const bytesPerKey = (usedBytes() - before) / keys;
  const asked = present.slice(0, MOST_SAMPLES);
  const { range } = made;
  const findNs = nanos(asked, (key) => made.find(key));
  const rangeNs = range === null ? null : nanos(asked, (key) => range(key, RANGE_ROWS));
  const { insertNs, deleteNs } = changes(made, others);
  return { structure, keys, insertNs, findNs, deleteNs, rangeNs, bytesPerKey };
}

/** Mean time of `run` over the keys, again and again until the budget is used. */
function nanos(keys: readonly string[], run: (key: string) => unknown): number {
  const startedAt = performance.now();
  let calls = 0;
  do {
    for (let i = 0; i < 16; i += 1) run(keys[(calls + i) % keys.length] ?? '');
    calls += 16;
  } while (performance.now() - startedAt < BUDGET_MS);
  return ((performance.now() - startedAt) / calls) * 1e6;
}

/** Keys come and go in turns of at most `TURN`, so that the size stays what it is. */
function changes(made: Structure, keys: readonly string[]): { readonly insertNs: number; readonly deleteNs: number } {
  let [insertMs, deleteMs, calls] = [0, 0, 0];
  for (let from = 0; insertMs + deleteMs < 2 * BUDGET_MS; from = (from + TURN) % keys.length) {
    const turn = keys.slice(from, from + TURN);
    const startedAt = performance.now();
    for (const key of turn) made.insert(key);
    const insertedAt = performance.now();
    for (const key of turn) made.delete(key);
    insertMs += insertedAt - startedAt;
    deleteMs += performance.now() - insertedAt;
    calls += turn.length;
  }
  return { insertNs: (insertMs / calls) * 1e6, deleteNs: (deleteMs / calls) * 1e6 };
}

function time(ns: number): string {
  if (ns < 1_000) return `${ns.toFixed(0)} ns`;
  return ns < 1_000_000 ? `${(ns / 1_000).toFixed(1)} us` : `${(ns / 1_000_000).toFixed(2)} ms`;
}

/** Through JSON, so that each key is one flat string as in a node. */
function flatKey(high: number, low: number): string {
  const hex = (fraction: number): string =>
    Math.floor(fraction * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  return JSON.parse(`"${hex(high)}${hex(low)}"`);
}

function usedBytes(): number {
  // Array buffers are given back only in the round after the one that found them dead.
  for (let round = 0; round < 3; round += 1) collect?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

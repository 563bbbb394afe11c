/**
 * The skip list beside the structures that textbooks compare it with. Run with: npm run bench:structures [-- --most 1000000] [--json FILE]
 * Each figure is from one operation repeated for a tenth of a second of processor time on a structure of that size, so a list that
 * takes a millisecond a step can be measured at a million keys too.
 */
import { writeFileSync } from 'node:fs';
import { nanosText, sampleOf, type Times, timesOf } from '../../src/lesson/structures/measure.ts';
import type { Structure } from '../../src/lesson/structures/structure.ts';
import { argumentsOf } from '../arguments.ts';
import { STRUCTURES } from './structures.ts';

const { values } = argumentsOf(import.meta.filename, { most: { type: 'string', default: '1000000' }, json: { type: 'string' } });
const SIZES = [100, 1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= Number(values.most));
const BUDGET_MS = 100;
const KEYS_WEIGHED = 200_000;
const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');

interface Row extends Times {
  readonly structure: string;
  readonly keys: number;
  readonly bytesPerKey: number;
}

const rows: Row[] = [];
// What runs first is measured before the compiler has seen it.
for (const size of [1_000, 10_000]) for (const [name, create] of Object.entries(STRUCTURES)) measure(name, create, size);
for (const size of SIZES) {
  console.log(`\n${size.toLocaleString('en')} keys of 16 bytes; time for one operation, memory beside key and value`);
  console.log(
    `  ${'structure'.padEnd(28)}${['insert', 'find', 'delete', 'range of 100', 'bytes a key'].map((head) => head.padStart(14)).join('')}`,
  );
  for (const [name, create] of Object.entries(STRUCTURES)) {
    const row = measure(name, create, size);
    rows.push(row);
    const times = [row.insertNs, row.findNs, row.deleteNs, row.rangeNs].map((ns) =>
      (ns === null ? 'no order' : nanosText(ns)).padStart(14),
    );
    console.log(`  ${name.padEnd(28)}${times.join('')}${row.bytesPerKey.toFixed(0).padStart(14)}`);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);

/** What others do on the machine counts only as far as they push us out of its caches. */
function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e3;
}

function measure(structure: string, create: () => Structure, keys: number): Row {
  const sample = sampleOf(keys);
  const before = usedBytes();
  // Several of a small one, or what else changes in the heap would outweigh it.
  const copies = Array.from({ length: Math.ceil(KEYS_WEIGHED / keys) }, create);
  for (const each of copies) each.load(sample.sorted);
  const bytesPerKey = (usedBytes() - before) / (keys * copies.length);
  const made = copies[0] ?? create();
  const work = timesOf(made, sample, BUDGET_MS, threadTime);
  let step = work.next();
  while (step.done !== true) step = work.next();
  return { structure, keys, ...step.value, bytesPerKey };
}

function usedBytes(): number {
  // Array buffers are given back only in the round after the one that found them dead.
  for (let round = 0; round < 3; round += 1) collect?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** One measurement as a document: what was asked, on what machine, and what came of it. */
import { cpus } from 'node:os';
import { z } from 'zod';
import { MIXES } from './bench-load.ts';

const amount = z.number().min(0);

/** What was asked: two measurements are compared only when all of this is alike. */
const BenchLoad = z.object({
  mix: z.enum(MIXES),
  clients: z.int(),
  connections: z.int(),
  rate: z.int().nullable(),
  valueSize: z.int(),
  keys: z.int(),
  nodes: z.int(),
  readFrom: z.enum(['leader', 'any']),
});
export type BenchLoad = z.infer<typeof BenchLoad>;

const Usage = z.object({
  node: z.string().nullable(),
  role: z.string(),
  coreShare: amount.nullable(),
  microsPerOperation: amount.nullable(),
  memoryBytes: amount.nullable(),
});

export const BenchResult = z.object({
  ...BenchLoad.shape,
  machine: z.object({ cores: z.int(), model: z.string(), node: z.string() }),
  operations: amount,
  seconds: amount,
  throughput: amount,
  latencyMs: z.object({ mean: amount, p50: amount, p90: amount, p99: amount, 'p99.9': amount, 'p99.99': amount, max: amount }),
  neverSent: amount,
  latenessMs: z.object({ p50: amount, p99: amount, max: amount }),
  errors: z.record(z.string(), amount),
  usage: z.array(Usage),
  rolesChanged: z.boolean(),
  slices: z.array(z.object({ perSecond: amount, p99Ms: amount })),
});
export type BenchResult = z.infer<typeof BenchResult>;

export const PERCENTILES: readonly (readonly [keyof BenchResult['latencyMs'], number])[] = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
  ['p99.9', 0.999],
  ['p99.99', 0.9999],
];

export function thisMachine(): BenchResult['machine'] {
  const all = cpus();
  return { cores: all.length, model: all[0]?.model ?? 'unknown', node: process.version };
}

/** In words: in what the loads are not alike. */
export function differences(one: BenchLoad, other: BenchLoad): readonly string[] {
  return (Object.keys(BenchLoad.shape) as (keyof BenchLoad)[])
    .filter((name) => one[name] !== other[name])
    .map((name) => `${name} ${one[name] ?? 'unlimited'} instead of ${other[name] ?? 'unlimited'}`);
}

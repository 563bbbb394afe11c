/** A measurement beside a saved one. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../commands/command.ts';
import { columns } from '../commands/status-report.ts';
import { type BenchLoad, BenchResult, differences } from './bench-result.ts';

/** Throws a UsageError for a file that is no measurement. */
export function readBaseline(file: string): BenchResult {
  try {
    return BenchResult.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UsageError(`${file} is no measurement`, { next: 'save one with bench --out FILE' });
  }
}

/** Before anything is measured: throws a UsageError that names what differs. */
export function refuseUnlike(wanted: BenchLoad, baseline: BenchResult, file: string): void {
  const unlike = differences(wanted, baseline);
  if (unlike.length === 0) return;
  throw new UsageError(`${file} measured another load: ${unlike.join(', ')}`, { next: 'give the same options as then' });
}

type Row = readonly [name: string, of: (result: BenchResult) => number | null, digits: number];

const ROWS: readonly Row[] = [
  ['operations/s', ({ throughput }) => throughput, 0],
  ['p50 ms', ({ latencyMs }) => latencyMs.p50, 2],
  ['p99 ms', ({ latencyMs }) => latencyMs.p99, 2],
  ['p99.9 ms', ({ latencyMs }) => latencyMs['p99.9'], 2],
  ['max ms', ({ latencyMs }) => latencyMs.max, 2],
  ['leader us/op', (result) => microsOf(result, 'leader'), 1],
  ['follower us/op', (result) => microsOf(result, 'follower'), 1],
  ['client us/op', (result) => microsOf(result, 'this client'), 1],
];

/** The mean over all processes of that role. */
function microsOf({ usage }: BenchResult, role: string): number | null {
  const known = usage.flatMap((each) =>
    each.role === role && each.microsPerOperation !== null ? [each.microsPerOperation] : [],
  );
  return known.length === 0 ? null : known.reduce((sum, micros) => sum + micros, 0) / known.length;
}

export function ratios(now: BenchResult, then: BenchResult): Readonly<Record<string, number | null>> {
  return Object.fromEntries(ROWS.map(([name, of]) => [name, ratioOf(of(now), of(then))]));
}

export function compareLines(now: BenchResult, then: BenchResult, file: string): readonly string[] {
  const rows = ROWS.map(([name, of, digits]) => {
    const [here, there] = [of(now), of(then)];
    const ratio = ratioOf(here, there);
    return [name, here?.toFixed(digits) ?? '-', there?.toFixed(digits) ?? '-', ratio === null ? '-' : `${ratio.toFixed(2)} x`];
  });
  const machine = ({ machine: { cores, model, node } }: BenchResult): string => `${cores} x ${model}, Node ${node}`;
  const elsewhere = machine(now) === machine(then) ? [] : [`note: then it was ${machine(then)}, now it is ${machine(now)}`];
  return [`compared with ${file}`, ...columns([['', 'now', 'then', 'ratio'], ...rows], [1, 2, 3]), ...elsewhere];
}

function ratioOf(now: number | null, then: number | null): number | null {
  return now === null || then === null || then === 0 ? null : Math.round((now / then) * 1_000) / 1_000;
}

/** `bench`: options, the run, the report. */
import { writeFileSync } from 'node:fs';
import type { ClusterDriver, ReadFrom } from '../cluster/driver.ts';
import { UsageError } from '../commands/command.ts';
import { parseInteger } from '../commands/flags.ts';
import { jsonLine } from '../commands/render-result.ts';
import { compareLines, ratios, readBaseline, refuseUnlike } from './bench-compare.ts';
import { fill, type LoadOptions, MIXES, runLoad } from './bench-load.ts';
import { reportLines } from './bench-report.ts';
import { type BenchLoad, type BenchResult, PERCENTILES, thisMachine } from './bench-result.ts';
import type { LoadResult } from './bench-tally.ts';
import { UsageMeter, type UsageReport } from './bench-usage.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { Progress } from './progress.ts';

export async function runBench(invocation: Invocation): Promise<number> {
  const { io, globals, options } = invocation;
  const interrupt = interruptSignal();
  const load = loadOptions(options, interrupt.signal);
  const connections = number(options['connections'], '--connections', 1, 64) ?? 1;
  const baselineFile = text(options['compare']);
  const baseline = baselineFile === null ? null : readBaseline(baselineFile);
  const drivers: ClusterDriver[] = [];
  const progress = new Progress(io.err, globals.quiet);
  try {
    const first = await io.open(globals, { watch: false });
    drivers.push(first);
    for (let i = 1; i < connections; i += 1) drivers.push(await io.open(globals, { watch: false }));
    const asked = askedLoad(load, connections, first.picture().nodes.length);
    if (baseline !== null && baselineFile !== null) refuseUnlike(asked, baseline, baselineFile);
    const { measured, usage } = await measure(drivers, first, load, progress);
    progress.end();
    const result = resultOf(asked, measured, usage);
    const compared = baseline === null ? {} : { comparedWith: baselineFile, ratios: ratios(result, baseline) };
    const out = text(options['out']);
    if (out !== null) writeFileSync(out, `${jsonLine(result)}\n`);
    const lines = reportLines(result, measured, isAscii(io.env));
    const ratioLines = baseline === null || baselineFile === null ? [] : ['', ...compareLines(result, baseline, baselineFile)];
    const saved = out === null ? [] : [`saved in ${out}`];
    await print(io, globals, [...lines, ...ratioLines, ...saved], { ...result, ...compared });
    return result.operations > 0 ? 0 : 4;
  } finally {
    progress.end();
    interrupt.done();
    await Promise.all(drivers.map((driver) => driver.close()));
  }
}

async function measure(
  drivers: readonly ClusterDriver[],
  first: ClusterDriver,
  load: LoadOptions,
  progress: Progress,
): Promise<{ readonly measured: LoadResult; readonly usage: UsageReport | null }> {
  if (load.mix !== 'put') {
    await fill(first.kv, load, (done) => progress.update({ done, total: load.keys, count: done, noun: 'keys filled in' }));
  }
  const meter = new UsageMeter(first);
  const total = (load.seconds + load.warmUpSeconds) * 1_000;
  const measured = await runLoad(
    drivers.map((driver) => driver.kv),
    load,
    {
      progress: (done, count) => progress.update({ done, total, count, noun: 'operations' }),
      measured: (_, completed) => meter.look(completed),
    },
  );
  return { measured, usage: meter.report() };
}

function number(value: unknown, name: string, least: number, most: number): number | null {
  return typeof value === 'string' ? parseInteger(value, name, least, most) : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function loadOptions(options: Invocation['options'], signal: AbortSignal): LoadOptions {
  const wanted = options['mix'] ?? 'put';
  const mix = MIXES.find((each) => each === wanted);
  if (mix === undefined) throw new UsageError(`--mix cannot be "${String(wanted)}"`, { next: MIXES.join(', ') });
  return {
    mix,
    signal,
    clients: number(options['clients'], '--clients', 1, 4_096) ?? 16,
    seconds: number(options['seconds'], '--seconds', 1, 3_600) ?? 10,
    warmUpSeconds: number(options['warmUp'], '--warm-up', 0, 600) ?? 1,
    rate: number(options['rate'], '--rate', 1, 1_000_000),
    valueBytes: number(options['valueSize'], '--value-size', 0, 1_048_576) ?? 100,
    keys: number(options['keys'], '--keys', 1, 10_000_000) ?? 10_000,
    readFrom: readFromOf(options['readFrom']),
  };
}

function readFromOf(wanted: unknown): ReadFrom {
  if (wanted === undefined || wanted === 'leader' || wanted === 'any') return wanted ?? 'leader';
  throw new UsageError(`--read-from cannot be "${String(wanted)}"`, { next: 'leader or any' });
}

function askedLoad(
  { clients, keys, mix, rate, readFrom = 'leader', valueBytes }: LoadOptions,
  connections: number,
  nodes: number,
): BenchLoad {
  return { mix, clients, connections, rate, valueSize: valueBytes, keys, nodes, readFrom };
}

function resultOf(asked: BenchLoad, measured: LoadResult, usage: UsageReport | null): BenchResult {
  const { errors, latency, lateness, neverSent, operations, perSecond, seconds, slices } = measured;
  const at = Object.fromEntries(PERCENTILES.map(([name, fraction]) => [name, round(latency.percentile(fraction))]));
  return {
    ...asked,
    machine: thisMachine(),
    operations,
    seconds: round(seconds),
    throughput: Math.round(perSecond),
    latencyMs: { mean: round(latency.mean), ...at, max: round(latency.max) } as BenchResult['latencyMs'],
    neverSent,
    latenessMs: { p50: round(lateness.percentile(0.5)), p99: round(lateness.percentile(0.99)), max: round(lateness.max) },
    errors: Object.fromEntries(errors),
    usage: [...(usage?.rows ?? [])],
    rolesChanged: usage?.rolesChanged ?? false,
    slices: slices.map((slice) => ({ perSecond: round(slice.perSecond), p99Ms: round(slice.p99Ms) })),
  };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function isAscii(env: Invocation['io']['env']): boolean {
  return !/utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}

/** `bench`: options, the run, the report. */
import type { ClusterDriver } from '../cluster/driver.ts';
import { UsageError } from '../commands/command.ts';
import { parseInteger } from '../commands/flags.ts';
import { columns } from '../commands/status-report.ts';
import { fill, type LoadOptions, type LoadResult, MIXES, runLoad } from './bench-load.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { bar, formatCount, Progress } from './progress.ts';

const PERCENTILES: readonly (readonly [string, number])[] = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
  ['p99.9', 0.999],
];
const LEVELS = '.:-=+*#%@';
const BLOCKS = '▁▂▃▄▅▆▇█';

export async function runBench(invocation: Invocation): Promise<number> {
  const { io, globals, options } = invocation;
  const interrupt = interruptSignal();
  const load = loadOptions(options, interrupt.signal);
  const connections = number(options['connections'], '--connections', 1, 64) ?? 1;
  const drivers: ClusterDriver[] = [];
  const progress = new Progress(io.err, globals.quiet);
  try {
    for (let i = 0; i < connections; i += 1) drivers.push(await io.open(globals, { watch: false }));
    const kvs = drivers.map((driver) => driver.kv);
    const [first] = kvs;
    if (first !== undefined && load.mix !== 'put') {
      await fill(first, load, (done) => progress.update({ done, total: load.keys, count: done, noun: 'keys filled in' }));
    }
    const totalMs = (load.seconds + load.warmUpSeconds) * 1_000;
    const result = await runLoad(kvs, load, (elapsedMs, done) =>
      progress.update({ done: elapsedMs, total: totalMs, count: done, noun: 'operations' }),
    );
    progress.end();
    await print(io, globals, reportLines(load, result, connections, io.env), reportJson(load, result, connections));
    return result.operations > 0 ? 0 : 4;
  } finally {
    progress.end();
    interrupt.done();
    await Promise.all(drivers.map((driver) => driver.close()));
  }
}

function number(value: unknown, name: string, least: number, most: number): number | null {
  return typeof value === 'string' ? parseInteger(value, name, least, most) : null;
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
  };
}

function reportJson(load: LoadOptions, result: LoadResult, connections: number): unknown {
  const ms = (value: number): number => Math.round(value * 1_000) / 1_000;
  const { latency } = result;
  return {
    mix: load.mix,
    clients: load.clients,
    connections,
    rate: load.rate,
    valueSize: load.valueBytes,
    operations: result.operations,
    seconds: ms(result.seconds),
    throughput: throughputOf(result),
    latencyMs: {
      mean: ms(latency.mean),
      ...Object.fromEntries(PERCENTILES.map(([name, fraction]) => [name, ms(latency.percentile(fraction))])),
      max: ms(latency.max),
    },
    errors: Object.fromEntries(result.errors),
  };
}

function throughputOf({ operations, seconds }: LoadResult): number {
  return seconds > 0 ? Math.round(operations / seconds) : 0;
}

function reportLines(
  load: LoadOptions,
  result: LoadResult,
  connections: number,
  env: Invocation['io']['env'],
): readonly string[] {
  const { latency } = result;
  const pace = load.rate === null ? 'as fast as they come' : `${formatCount(load.rate)}/s, measured from when each was due`;
  const shape = latency.shape(10);
  const most = Math.max(1, ...shape.map(({ count }) => count));
  const ascii = !/utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  const errors = [...result.errors].map(([kind, count]) => `  ${kind} ${formatCount(count)}`);
  return [
    `${load.mix}: ${load.clients} clients, ${connections} connections, ${load.valueBytes} B values, ${pace}`,
    `${formatCount(result.operations)} operations in ${result.seconds.toFixed(1)} s: ${formatCount(throughputOf(result))}/s`,
    `throughput  ${sparkline(result.slices, ascii)}  ${formatCount(Math.min(...result.slices))} to ${formatCount(Math.max(...result.slices))}/s`,
    ...columns(
      [
        ['latency', ...PERCENTILES.map(([name]) => name), 'max'],
        ['ms', ...PERCENTILES.map(([, fraction]) => latency.percentile(fraction).toFixed(2)), latency.max.toFixed(2)],
      ],
      [1, 2, 3, 4, 5],
    ),
    ...shape.map(({ upTo, count }) => `  to ${upTo.toFixed(2).padStart(9)} ms ${bar(count / most)} ${formatCount(count)}`),
    ...(errors.length === 0 ? ['no errors'] : ['errors', ...errors]),
  ];
}

/** One character for each value, by its height. */
export function sparkline(values: readonly number[], ascii: boolean): string {
  const glyphs = ascii ? LEVELS : BLOCKS;
  const most = Math.max(...values, 0);
  return values.map((value) => glyphs[most === 0 ? 0 : Math.round((value / most) * (glyphs.length - 1))] ?? '').join('');
}

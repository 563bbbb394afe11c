/** A measurement for people: numbers, the shape of the latencies, and both over time. */

import { columns } from '../commands/status-report.ts';
import { brailleArea, niceTop, plainArea } from '../console/braille.ts';
import { type BenchResult, PERCENTILES } from './bench-result.ts';
import type { LoadResult, Slice } from './bench-tally.ts';
import { bar, formatCount } from './progress.ts';

const PLOT_ROWS = 4;
const HISTOGRAM_ROWS = 12;
const LABEL_CELLS = 9;

export function reportLines(result: BenchResult, { latency, slices }: LoadResult, ascii: boolean): readonly string[] {
  const { clients, connections, errors, latencyMs, mix, rate, readFrom, seconds, throughput, valueSize } = result;
  const where = readFrom === 'any' ? ', reads from all nodes in turn' : '';
  const pace = rate === null ? 'as fast as they come' : `${formatCount(rate)}/s, measured from when each was due`;
  const shape = latency.shape(HISTOGRAM_ROWS);
  const most = Math.max(1, ...shape.map(({ count }) => count));
  const failed = Object.entries(errors).map(([kind, count]) => `  ${kind} ${formatCount(count)}`);
  return [
    `${mix}: ${clients} clients, ${connections} connections, ${valueSize} B values, ${pace}${where}`,
    `${formatCount(result.operations)} operations in ${seconds.toFixed(1)} s: ${formatCount(throughput)}/s`,
    '',
    ...columns(
      [
        ['latency', ...PERCENTILES.map(([name]) => name), 'max'],
        ['ms', ...PERCENTILES.map(([name]) => latencyMs[name].toFixed(2)), latencyMs.max.toFixed(2)],
      ],
      [1, 2, 3, 4, 5, 6],
    ),
    ...paceLines(result),
    ...shape.map(({ upTo, count }) => `  to ${upTo.toFixed(2).padStart(9)} ms ${bar(count / most)} ${formatCount(count)}`),
    '',
    ...plot('operations/s', slices, ({ perSecond }) => perSecond, ascii),
    ...plot('p99 ms', slices, ({ p99Ms }) => p99Ms, ascii),
    '',
    ...usageLines(result),
    ...(failed.length === 0 ? ['no errors'] : ['errors', ...failed]),
  ];
}

/** How far the load itself can be believed. */
function paceLines({ latenessMs, neverSent, rate }: BenchResult): readonly string[] {
  if (rate === null) return [];
  const late = `the generator itself was late by p50 ${latenessMs.p50.toFixed(2)} ms, p99 ${latenessMs.p99.toFixed(2)} ms`;
  if (neverSent === 0) return [late];
  return [late, `${formatCount(neverSent)} were due and never sent, all clients being busy: latencies are at least these`];
}

/** One value of each slice, drawn upwards from nought. */
export function plot(title: string, slices: readonly Slice[], of: (slice: Slice) => number, ascii: boolean): readonly string[] {
  const values = slices.map(of);
  const top = niceTop(values, 0.1);
  const area = (ascii ? plainArea : brailleArea)(values, PLOT_ROWS, top);
  const label = (y: number): string => (y === 0 ? formatTop(top) : y === PLOT_ROWS - 1 ? '0' : '').padStart(LABEL_CELLS);
  const edge = ascii ? '|' : '│';
  return [`${title}, over time`, ...area.map((line, y) => `${label(y)} ${edge}${line}`.trimEnd())];
}

function formatTop(top: number): string {
  return top >= 10 ? formatCount(top) : String(top);
}

function usageLines({ rolesChanged, usage }: BenchResult): readonly string[] {
  if (usage.length === 0) return [];
  const figure = (value: number | null, digits: number, unit: string): string =>
    value === null ? '-' : `${value.toFixed(digits)}${unit}`;
  const rows = usage.map(({ coreShare, memoryBytes, microsPerOperation, node, role }) => [
    node ?? '-',
    role,
    figure(coreShare === null ? null : coreShare * 100, 1, ' %'),
    figure(microsPerOperation, 1, ' us'),
    figure(memoryBytes === null ? null : memoryBytes / 1_048_576, 0, ' MiB'),
  ]);
  const changed = rolesChanged ? ['note: the roles changed on the way, so these are not the costs of a role'] : [];
  return [...columns([['node', 'role', 'of a core', 'an operation', 'resident'], ...rows], [2, 3, 4]), ...changed];
}

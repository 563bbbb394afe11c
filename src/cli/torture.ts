/** `torture`: a fresh cluster of real processes under load and faults, and a verdict. */
import { randomInt } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../commands/command.ts';
import { formatElapsed } from '../commands/duration.ts';
import { parseInteger } from '../commands/flags.ts';
import { columns } from '../commands/status-report.ts';
import { kindsNamed, TORTURE_KINDS, type TortureKind } from '../torture/kinds.ts';
import { startOwnCluster } from '../torture/own-cluster.ts';
import type { TortureProgress } from '../torture/progress.ts';
import { Records } from '../torture/records.ts';
import { reportOf, reportRows, type TortureReport } from '../torture/report.ts';
import type { TortureOptions, TortureResult } from '../torture/result.ts';
import { Torture } from '../torture/run.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { StatusLine } from './status-line.ts';

interface Wanted extends TortureOptions {
  readonly nodes: number;
  readonly clients: number;
  readonly keep: boolean;
  readonly out: string | null;
}

const SHOWN_PROBLEMS = 12;
/** Without a terminal a line every so often is enough. */
const PLAIN_EVERY_MS = 2_000;

export async function runTorture({ io, globals, options }: Invocation): Promise<number> {
  const wanted = wantedOf(options);
  const interrupt = interruptSignal();
  const line = new StatusLine(io.err, globals.quiet);
  try {
    const folder = wanted.out ?? (await mkdtemp(join(tmpdir(), 'raftkv-torture-')));
    line.show(`seed ${wanted.seed}: starting ${wanted.nodes} nodes`);
    const cluster = await startOwnCluster(folder, wanted.nodes, wanted.clients);
    let records: Records;
    let result: TortureResult;
    let report: TortureReport | null = null;
    try {
      records = await Records.open(folder);
      const torture = new Torture({
        driver: cluster.driver,
        clients: cluster.clients,
        options: wanted,
        onOperation: (operation) => records.add(operation),
        onProgress: teller(line),
        signal: interrupt.signal,
      });
      result = await torture.run();
      report = reportOf(result);
    } finally {
      await cluster.end(wanted.keep || (report !== null && report.exit !== 0 && report.exit !== 130));
    }
    line.end();
    const lines = reportLines(report, result, wanted, folder);
    await records.finish(result, report, lines);
    await print(io, globals, lines, { ...report, folder });
    return report.exit;
  } finally {
    line.end();
    interrupt.done();
  }
}

function wantedOf(options: Invocation['options']): Wanted {
  const number = (name: string, least: number, most: number, usual: number): number => {
    const value = options[name];
    return typeof value === 'string' ? parseInteger(value, `--${name}`, least, most) : usual;
  };
  const leastPerSecond = number('least', 0, 100_000, 200);
  return {
    seed: number('seed', 0, 2 ** 32 - 1, randomInt(2 ** 32)),
    seconds: number('seconds', 1, 86_400, 60),
    nodes: number('nodes', 1, 9, 5),
    clients: number('clients', 1, 256, 32),
    perSecond: number('rate', 1, 100_000, 2 * Math.max(200, leastPerSecond)),
    leastPerSecond,
    kinds: kindsOf(options['faults']),
    keep: options['keep'] === true,
    out: typeof options['out'] === 'string' ? resolve(options['out']) : null,
  };
}

function kindsOf(text: unknown): readonly TortureKind[] {
  if (typeof text !== 'string') return TORTURE_KINDS;
  const found = kindsNamed(text);
  if ('kinds' in found) return found.kinds;
  throw new UsageError(`there is no kind of fault "${found.unknown}"`, {
    next: `process, network, disk, power, clock, people, or one of ${TORTURE_KINDS.join(', ')}`,
  });
}

function teller(line: StatusLine): (progress: TortureProgress) => void {
  let told = 0;
  return (progress) => {
    const now = performance.now();
    if (!line.isLive && now - told < PLAIN_EVERY_MS) return;
    told = now;
    line.show(progressLine(progress));
  };
}

function progressLine(progress: TortureProgress): string {
  const { phase, epoch, faults, opsPerSecond, acked, unknown, leftMs, leaderChanges, judged, violations } = progress;
  const parts = [
    `epoch ${epoch} ${phase}`,
    faults.length > 0 ? faults.join(' + ') : '',
    `${opsPerSecond}/s`,
    `${acked} acked, ${unknown} unknown`,
    `${leaderChanges} leader changes`,
    `${judged} judged`,
    violations.length > 0 ? `BROKEN: ${violations[0]}` : '',
    `${formatElapsed(Math.round(leftMs / 1_000) * 1_000)} left`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function reportLines(report: TortureReport, result: TortureResult, wanted: Wanted, folder: string): readonly string[] {
  const problems = [...report.broken, ...report.failed];
  const more = problems.length > SHOWN_PROBLEMS ? [`  and ${problems.length - SHOWN_PROBLEMS} more`] : [];
  const picture = result.pictures[0]?.picture ?? [];
  return [
    ...columns(reportRows(report)),
    ...problems.slice(0, SHOWN_PROBLEMS).map((text) => `  ${text}`),
    ...more,
    ...(picture.length === 0 ? [] : ['', ...picture]),
    '',
    `report, history and events: ${folder}`,
    `the same faults again: ${replayOf(wanted)} (not the same timing)`,
  ];
}

function replayOf({ seed, seconds, nodes, kinds }: Wanted): string {
  const only = kinds.length === TORTURE_KINDS.length ? '' : ` --faults ${kinds.join(',')}`;
  return `raftkv-tui torture --seed ${seed} --seconds ${seconds} --nodes ${nodes}${only}`;
}

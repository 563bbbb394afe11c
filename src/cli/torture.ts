/** `torture`: a fresh cluster of real processes under load and faults, and a verdict. */
import { randomInt } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Operation } from '../check/history.ts';
import { UsageError } from '../commands/command.ts';
import { formatElapsed } from '../commands/duration.ts';
import { parseInteger } from '../commands/flags.ts';
import { columns } from '../commands/status-report.ts';
import { kindsNamed, TORTURE_KINDS, type TortureKind } from '../torture/kinds.ts';
import { type OwnCluster, startOwnCluster } from '../torture/own-cluster.ts';
import type { TortureProgress } from '../torture/progress.ts';
import { Records } from '../torture/records.ts';
import { reportOf, reportRows, type TortureReport } from '../torture/report.ts';
import type { TortureOptions, TortureResult } from '../torture/result.ts';
import { Torture, type TortureParts } from '../torture/run.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { hasScreen } from './open-console.ts';
import { print } from './print.ts';
import { StatusLine } from './status-line.ts';
import { type RunTorture, type TortureDone, tortureInConsole } from './torture-console.ts';

interface Wanted extends TortureOptions {
  readonly nodes: number;
  readonly clients: number;
  readonly keep: boolean;
  readonly out: string | null;
}

const SHOWN_PROBLEMS = 12;
/** Without a terminal a line every so often is enough. */
const PLAIN_EVERY_MS = 2_000;

export async function runTorture(invocation: Invocation): Promise<number> {
  const { io, globals, options } = invocation;
  const wanted = wantedOf(options);
  const inConsole = options['console'] === true;
  if (inConsole && !hasScreen(invocation))
    throw new UsageError('--console needs a terminal for input and output', { next: 'leave it out: progress is told in lines' });
  const interrupt = interruptSignal();
  const line = new StatusLine(io.err, globals.quiet);
  try {
    const folder = wanted.out ?? (await mkdtemp(join(tmpdir(), 'raftkv-torture-')));
    line.show(`seed ${wanted.seed}: starting ${wanted.nodes} nodes`);
    const cluster = await startOwnCluster(folder, wanted.nodes, wanted.clients);
    let done: TortureDone | null = null;
    let exit: number;
    try {
      const run: RunTorture = (onProgress, signal) => runRecorded(wanted, cluster, folder, { onProgress, signal });
      if (inConsole) {
        line.end();
        ({ done, exit } = await tortureInConsole(invocation, cluster.driver, run, interrupt.signal));
      } else {
        done = await run(teller(line), interrupt.signal);
        exit = done.report.exit;
      }
    } finally {
      const isWell = done !== null && (done.report.exit === 0 || done.report.exit === 130);
      await cluster.end(wanted.keep || (done !== null && !isWell));
    }
    line.end();
    await print(io, globals, done.lines, { ...done.report, folder });
    return exit;
  } finally {
    line.end();
    interrupt.done();
  }
}

/** A run whose report lies in its folder when it is over. */
async function runRecorded(
  wanted: Wanted,
  { driver, clients }: OwnCluster,
  folder: string,
  looker: Pick<TortureParts, 'onProgress' | 'signal'>,
): Promise<TortureDone> {
  const records = await Records.open(folder);
  const onOperation = (operation: Operation): void => records.add(operation);
  const result = await new Torture({ driver, clients, options: wanted, onOperation, ...looker }).run();
  const report = reportOf(result);
  const lines = reportLines(report, result, wanted, folder);
  await records.finish(result, report, lines);
  return { report, lines, folder };
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

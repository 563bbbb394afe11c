/** `check FILE`: a recorded history, a verdict, and a picture of what cannot have been. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CheckReport, DEFAULT_BUDGET, HistoryCheck } from '../check/check.ts';
import type { Operation } from '../check/history.ts';
import { HistoryReader } from '../check/parse-history.ts';
import { timelineLines } from '../check/timeline.ts';
import { timelinePage } from '../check/timeline-html.ts';
import { UsageError } from '../commands/command.ts';
import { formatElapsed } from '../commands/duration.ts';
import { parseInteger } from '../commands/flags.ts';
import type { CliIo, Invocation } from './io.ts';
import { print } from './print.ts';
import { formatCount, Progress } from './progress.ts';

const MOST_BUDGET = 1_000_000_000_000;
const PLAIN_WIDTH = 100;
const MOST_NAMED = 5;

const EXIT = { linearizable: 0, 'not-linearizable': 5, 'gave-up': 1 } as const;

export async function runCheck(invocation: Invocation): Promise<number> {
  const { io, globals, args, options } = invocation;
  const path = args[0] ?? '-';
  const budget = parseInteger(String(options['budget'] ?? DEFAULT_BUDGET), '--budget', 1, MOST_BUDGET);
  const page = typeof options['html'] === 'string' ? options['html'] : null;
  // Before the work: a verdict must not get lost over its picture.
  const pageFile = page === null ? null : await openPage(page);
  const progress = new Progress(io.err, globals.quiet);
  const startedAt = performance.now();
  try {
    const history = await read(path, io, progress);
    const report = await judge(history, budget, progress);
    progress.end();
    const facts = factsOf(history, report, performance.now() - startedAt);
    const summary = summaryLines(report, facts, budget);
    await pageFile?.writeFile(timelinePage(report, { title: path, lines: summary }));
    const picture = timelineLines(report, { width: io.out.columns ?? PLAIN_WIDTH, ascii: asciiWanted(invocation) });
    const drawn = picture.length === 0 ? [] : ['', ...picture];
    const lines = [...summary, ...(page === null ? [] : [`the picture is in ${page}`]), ...drawn];
    await print(io, globals, lines, { file: path, ...reportJson(report), ...facts, html: page });
    return EXIT[report.verdict];
  } finally {
    progress.end();
    await pageFile?.close();
  }
}

async function openPage(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', 0o600);
  } catch (error) {
    throw new UsageError(`cannot write ${path}`, { next: error instanceof Error ? error.message : null });
  }
}

/** Throws for what cannot be read: there is nothing to judge then, which is not a verdict. */
async function read(path: string, io: CliIo, progress: Progress): Promise<readonly Operation[]> {
  const reader = new HistoryReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const bytes: AsyncIterable<unknown> = path === '-' ? io.input : createReadStream(path, { highWaterMark: 262_144 });
  let done = 0;
  try {
    for await (const chunk of bytes) {
      const piece = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
      done += piece.length;
      reader.push(decoder.decode(piece, { stream: true }));
      progress.update({ done, total: null, count: reader.operations.length, noun: 'operations read' });
    }
    reader.push(decoder.decode());
    if (reader.end().length === 0) throw new Error('it holds no operation');
  } catch (error) {
    throw new Error(`cannot read ${path} as a history: ${error instanceof Error ? error.message : String(error)}`);
  }
  return reader.operations;
}

async function judge(history: readonly Operation[], budget: number, progress: Progress): Promise<CheckReport> {
  const check = new HistoryCheck(history, { budget });
  while (check.advance()) {
    const { settled, groups, states } = check.progress;
    progress.update({ done: settled, total: groups, count: states, noun: 'states' });
    await nextTurn();
  }
  return check.report();
}

interface Facts {
  readonly operations: number;
  readonly processes: number;
  readonly keys: number;
  readonly unknown: number;
  readonly failed: number;
  readonly stale: number;
  readonly seconds: number;
}

function factsOf(history: readonly Operation[], { groups }: CheckReport, elapsedMs: number): Facts & { readonly groups: number } {
  const count = (is: (operation: Operation) => boolean): number => history.filter(is).length;
  return {
    operations: history.length,
    processes: new Set(history.map(({ process }) => process)).size,
    keys: new Set(history.flatMap((operation) => (operation.op === 'range' ? [] : [operation.key]))).size,
    unknown: count(({ outcome }) => outcome === 'unknown'),
    failed: count(({ outcome }) => outcome === 'failed'),
    stale: count(({ stale }) => stale),
    groups,
    seconds: Math.round(elapsedMs) / 1_000,
  };
}

function summaryLines(report: CheckReport, facts: Facts, budget: number): readonly string[] {
  const asides = [
    facts.unknown > 0 ? `${formatCount(facts.unknown)} with unknown outcome` : null,
    facts.failed > 0 ? `${formatCount(facts.failed)} failed` : null,
    facts.stale > 0 ? `${formatCount(facts.stale)} that allowed an old answer` : null,
  ].filter((aside) => aside !== null);
  return [
    verdictLine(report, budget),
    ...report.violations.map(({ rule, text }) => `  ${rule}: ${text}`),
    `${counted(facts.operations, 'operation')} of ${counted(facts.processes, 'process', 'processes')} on ${counted(facts.keys, 'key')}${
      asides.length > 0 ? `, of them ${asides.join(', ')}` : ''
    }`,
    `${counted(report.groups, 'group')} of keys, ${counted(report.states, 'state')} searched; ${counted(report.revisions, 'operation')} replayed by revision; ${formatElapsed(facts.seconds * 1_000)}`,
  ];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function verdictLine({ verdict, givenUp, groups }: CheckReport, budget: number): string {
  if (verdict === 'linearizable') return 'linearizable';
  if (verdict === 'not-linearizable') return 'NOT linearizable';
  const names = givenUp.slice(0, MOST_NAMED).map((keys) => keys.join('+'));
  const more = givenUp.length > MOST_NAMED ? ` and ${formatCount(givenUp.length - MOST_NAMED)} more` : '';
  return `GAVE UP after ${formatCount(budget)} states, which is no pass: still open: ${formatCount(givenUp.length)} of ${counted(groups, 'group')} (${names.join(', ')}${more}); raise --budget`;
}

function reportJson({ verdict, violations, culprit, states, revisions, givenUp }: CheckReport): object {
  const order = culprit?.order ?? null;
  return {
    verdict,
    violations,
    culprit:
      culprit === null || order === null
        ? null
        : { keys: culprit.group.keys, placed: order.placed.length, of: culprit.group.operations.length, state: order.state },
    states,
    revisions,
    givenUp,
  };
}

function asciiWanted({ io: { env }, options }: Invocation): boolean {
  return options['ascii'] === true || !/utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}

/** `import FILE`: stream, put, report, remember. */
import { closeSync, createReadStream, openSync, readSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { safe } from '../base/safe.ts';
import type { ClusterDriver } from '../cluster/driver.ts';
import { UsageError } from '../commands/command.ts';
import { formatElapsed, parseDuration } from '../commands/duration.ts';
import { failureOf } from '../commands/failure.ts';
import { parseInteger } from '../commands/flags.ts';
import {
  BEGINNING,
  checkpointFile,
  type ImportPosition,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { detectFormat, type Format, type ImportItem, readJson, readLines } from './import-formats.ts';
import { Importer } from './importer.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { print, printResult } from './print.ts';
import { formatCount, Progress } from './progress.ts';
import { stateDir } from './settings-file.ts';

const MOST_IN_FLIGHT = 256;
const CHECKPOINT_MS = 1_000;
const MOST_REPORTED = 20;

interface Source {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly format: Format;
  readonly start: ImportPosition;
  /** Null for standard input, which cannot be taken up again. */
  readonly checkpoint: string | null;
  readonly totalBytes: number | null;
}

interface Outcome {
  readonly importer: Importer;
  readonly bad: number;
  readonly stoppedByBad: boolean;
}

export async function runImport(invocation: Invocation): Promise<number> {
  const { io, globals, options } = invocation;
  const inFlight = parseInteger(String(options['inFlight'] ?? 64), '--in-flight', 1, MOST_IN_FLIGHT);
  const deadlineMs = parseDuration(String(options['deadline'] ?? '60s'));
  // A missing file is reported before a cluster is dialled.
  const stats = statOf(invocation.args[0] ?? '-');
  const driver = await io.open(globals, { watch: false });
  const interrupt = interruptSignal();
  const startedAt = performance.now();
  try {
    const source = await openSource(invocation, stats, driver);
    if (source.start.records > 0) io.err.write(`going on behind line ${formatCount(source.start.line)}; --restart begins anew\n`);
    const importer = new Importer(driver.kv, { inFlight, deadlineMs, signal: interrupt.signal, start: source.start });
    const outcome = await copy(invocation, source, importer);
    return await report(invocation, source, outcome, performance.now() - startedAt);
  } finally {
    interrupt.done();
    await driver.close();
  }
}

function statOf(path: string): Stats | null {
  if (path === '-') return null;
  try {
    return statSync(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}`, { next: error instanceof Error ? error.message : null });
  }
}

async function openSource(
  { io, globals, args, options }: Invocation,
  stats: Stats | null,
  driver: ClusterDriver,
): Promise<Source> {
  const path = args[0] ?? '-';
  const wanted = formatOption(options['format']);
  if (stats === null) {
    const { first, all } = await peek(io.input);
    const format = wanted ?? detectFormat('-', first.toString('utf8'));
    return { bytes: all, format, start: BEGINNING, checkpoint: null, totalBytes: null };
  }
  const format = wanted ?? detectFormat(path, beginningOf(path));
  const { dir, name } = driver.picture();
  const checkpoint = checkpointFile(dir ?? join(stateDir(io.env), 'imports'), path, stats, globals.urls.join(' ') || name);
  if (options['restart'] === true) removeCheckpoint(checkpoint);
  const start = readCheckpoint(checkpoint) ?? BEGINNING;
  const bytes = createReadStream(path, { start: format === 'json' ? 0 : start.offset, highWaterMark: 262_144 });
  return { bytes, format, start, checkpoint, totalBytes: stats.size };
}

function formatOption(value: unknown): Format | null {
  if (value === undefined) return null;
  if (value === 'ndjson' || value === 'tsv' || value === 'json') return value;
  throw new UsageError(`--format cannot be "${String(value)}"`, { next: 'ndjson, tsv or json' });
}

function beginningOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(65_536);
    return bytes.subarray(0, readSync(file, bytes)).toString('utf8');
  } finally {
    closeSync(file);
  }
}

/** The first piece, and a stream that still has it. */
async function peek(input: AsyncIterable<unknown>): Promise<{ first: Buffer; all: AsyncIterable<Uint8Array> }> {
  const iterator = input[Symbol.asyncIterator]();
  const head = await iterator.next();
  const toBytes = (chunk: unknown): Buffer => Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk));
  const first = head.done === true ? Buffer.alloc(0) : toBytes(head.value);
  async function* all(): AsyncGenerator<Uint8Array> {
    yield first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield toBytes(next.value);
  }
  return { first, all: all() };
}

async function copy({ io, globals, options }: Invocation, source: Source, importer: Importer): Promise<Outcome> {
  const progress = new Progress(io.err, globals.quiet);
  const skipBad = options['skipBad'] === true;
  let bad = 0;
  let seen = 0;
  let stoppedByBad = false;
  let savedAt = performance.now();
  const save = (now: number): void => {
    savedAt = now;
    if (source.checkpoint !== null) writeCheckpoint(source.checkpoint, importer.position);
  };
  const batches = source.format === 'json' ? readJson(source.bytes) : readLines(source.bytes, source.format, source.start);
  reading: for await (const batch of batches) {
    for (const item of batch) {
      seen += 1;
      // A JSON document has no place in the middle to begin at: what is done already is passed over.
      if (source.format === 'json' && seen <= source.start.records) continue;
      if (item.type === 'problem') {
        bad += 1;
        if (bad <= MOST_REPORTED) io.err.write(`line ${item.line}: ${safe(item.message)}\n`);
        stoppedByBad = !skipBad;
        if (stoppedByBad) break reading;
        importer.skip(item);
      } else await importer.put(item);
      if (importer.stopped) break reading;
    }
    const last: ImportItem | undefined = batch.at(-1);
    progress.update({
      done: last?.end ?? 0,
      total: source.format === 'json' ? null : source.totalBytes,
      count: importer.imported,
      noun: 'records',
    });
    if (performance.now() - savedAt > CHECKPOINT_MS) save(performance.now());
  }
  await importer.drain();
  progress.end();
  if (bad > MOST_REPORTED) io.err.write(`and ${formatCount(bad - MOST_REPORTED)} more bad records\n`);
  if (importer.stopped || stoppedByBad) save(performance.now());
  else if (source.checkpoint !== null) removeCheckpoint(source.checkpoint);
  return { importer, bad, stoppedByBad };
}

async function report({ io, globals }: Invocation, source: Source, outcome: Outcome, elapsedMs: number): Promise<number> {
  const { importer, bad, stoppedByBad } = outcome;
  const rate = (importer.imported / elapsedMs) * 1_000;
  const complete = !importer.stopped && !stoppedByBad;
  const again = source.checkpoint === null ? 'nothing is remembered of standard input' : 'the same command goes on from there';
  const json = { imported: importer.imported, bad, resumedAt: source.start.records, line: importer.position.line, complete };
  if (importer.failure !== null && !globals.json) {
    io.err.write(`stopped behind line ${formatCount(importer.position.line)}; ${again}\n`);
    return printResult(io, globals, failureOf(importer.failure, true));
  }
  const { exit } = importer.failure === null ? { exit: complete ? 0 : 1 } : failureOf(importer.failure, true);
  const failed = importer.failure === null ? {} : Object(failureOf(importer.failure, true).json);
  const summary = `imported ${formatCount(importer.imported)} records in ${formatElapsed(elapsedMs)} (${formatCount(rate)}/s)`;
  const tail = bad === 0 ? '' : `, ${formatCount(bad)} bad`;
  const lines = [`${summary}${tail}${complete ? '' : `; stopped behind line ${formatCount(importer.position.line)}`}`];
  await print(io, globals, lines, { ...json, seconds: elapsedMs / 1_000, rate: Math.round(rate), ...failed });
  if (!complete && !globals.json) {
    const skip = stoppedByBad ? '; --skip-bad leaves bad records out' : '';
    io.err.write(`raftkv-tui: the import is not complete: ${again}${skip}\n`);
  }
  return exit;
}

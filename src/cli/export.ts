/** `export FILE`: all keys in the order of their bytes, page by page. Each key appears once, at the time of its page. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { UsageError } from '../commands/command.ts';
import { formatElapsed } from '../commands/duration.ts';
import { rangePages } from '../commands/range-pages.ts';
import { tsvRow } from '../commands/tsv.ts';
import type { KeyValue } from '../kv/commands.ts';
import type { Format } from './import-formats.ts';
import { interruptSignal } from './interrupt.ts';
import { type Invocation, writeAll } from './io.ts';
import { print } from './print.ts';
import { formatCount, Progress } from './progress.ts';

const PAGE_DEADLINE_MS = 30_000;

/** How each format begins, separates and ends. */
const SHAPES: Readonly<Record<Format, { head: string; row: (kv: KeyValue) => string; between: string; tail: string }>> = {
  ndjson: { head: '', row: ({ key, value }) => `${JSON.stringify({ key, value })}\n`, between: '', tail: '' },
  tsv: { head: '', row: ({ key, value }) => `${tsvRow([key, value])}\n`, between: '', tail: '' },
  json: { head: '{', row: ({ key, value }) => `\n${JSON.stringify(key)}: ${JSON.stringify(value)}`, between: ',', tail: '\n}\n' },
};

export async function runExport(invocation: Invocation): Promise<number> {
  const { io, globals, args } = invocation;
  const path = args[0] ?? '-';
  const format = formatFor(path, invocation.options['format']);
  if (path === '-' && globals.json)
    throw new UsageError('--json and the data cannot share standard output', { next: 'name a file' });
  const driver = await io.open(globals, { watch: false });
  const startedAt = performance.now();
  try {
    const rows = textOf(invocation, format, driver.kv);
    const count = path === '-' ? await toSink(rows, (text) => writeAll(io.out, text)) : await toFile(rows, path);
    const elapsedMs = performance.now() - startedAt;
    const rate = Math.round((count / elapsedMs) * 1_000);
    const summary = `exported ${formatCount(count)} keys in ${formatElapsed(elapsedMs)} (${formatCount(rate)}/s)`;
    if (path === '-') {
      if (!globals.quiet) io.err.write(`${summary}\n`);
    } else
      await print(io, globals, [`${summary} to ${path}`], {
        exported: count,
        file: path,
        format,
        seconds: elapsedMs / 1_000,
        rate,
      });
    return 0;
  } finally {
    await driver.close();
  }
}

function formatFor(path: string, wanted: unknown): Format {
  if (wanted === 'ndjson' || wanted === 'tsv' || wanted === 'json') return wanted;
  if (wanted !== undefined) throw new UsageError(`--format cannot be "${String(wanted)}"`, { next: 'ndjson, tsv or json' });
  if (/\.tsv$/i.test(path)) return 'tsv';
  return /\.json$/i.test(path) ? 'json' : 'ndjson';
}

interface Piece {
  readonly text: string;
  readonly rows: number;
}

async function* textOf(
  { io, globals, options }: Invocation,
  format: Format,
  kv: Parameters<typeof rangePages>[0],
): AsyncGenerator<Piece> {
  const shape = SHAPES[format];
  const progress = new Progress(io.err, globals.quiet);
  const interrupt = interruptSignal();
  const prefix = typeof options['prefix'] === 'string' ? options['prefix'] : null;
  let rows = 0;
  let total: number | null = null;
  try {
    yield { text: shape.head, rows: 0 };
    for await (const page of rangePages(kv, { prefix }, { deadlineMs: PAGE_DEADLINE_MS, signal: interrupt.signal })) {
      total ??= page.count;
      const text = page.kvs.map((each, i) => (rows + i === 0 ? '' : shape.between) + shape.row(each)).join('');
      rows += page.kvs.length;
      yield { text, rows: page.kvs.length };
      progress.update({ done: rows, total, count: rows, noun: 'keys' });
    }
    yield { text: shape.tail, rows: 0 };
  } finally {
    progress.end();
    interrupt.done();
  }
}

async function toSink(pieces: AsyncIterable<Piece>, write: (text: string) => Promise<unknown>): Promise<number> {
  let count = 0;
  for await (const { text, rows } of pieces) {
    if (text !== '') await write(text);
    count += rows;
  }
  return count;
}

/** The file appears whole or not at all. */
async function toFile(pieces: AsyncIterable<Piece>, path: string): Promise<number> {
  const draft = `${path}.${process.pid}.tmp`;
  let file: FileHandle;
  try {
    file = await open(draft, 'wx', 0o600);
  } catch (error) {
    throw new UsageError(`cannot write ${path}`, { next: error instanceof Error ? error.message : null });
  }
  try {
    const count = await toSink(pieces, (text) => file.appendFile(text));
    await file.sync();
    await file.close();
    await rename(draft, path);
    return count;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}

/** What a run leaves behind in its folder: the history as it happens, then the report, the events and the pictures. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeOperation, type Operation } from '../check/history.ts';
import type { TortureReport } from './report.ts';
import type { TortureResult } from './result.ts';

const MODE = 0o600;

export class Records {
  readonly folder: string;
  readonly #history: WriteStream;
  #failure: Error | null = null;

  private constructor(folder: string, history: WriteStream) {
    this.folder = folder;
    this.#history = history;
    history.on('error', (error) => {
      this.#failure = error;
    });
  }

  static async open(folder: string): Promise<Records> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Records(folder, createWriteStream(join(folder, 'history.ndjson'), { mode: MODE }));
  }

  add(operation: Operation): void {
    this.#history.write(`${encodeOperation(operation)}\n`);
  }

  /** Rejects when the history could not be written: a verdict without it proves nothing to anybody. */
  async finish(result: TortureResult, report: TortureReport, lines: readonly string[]): Promise<void> {
    await new Promise<void>((resolve) => this.#history.end(() => resolve()));
    if (this.#failure !== null) throw this.#failure;
    const put = (name: string, text: string): Promise<void> => writeFile(join(this.folder, name), text, { mode: MODE });
    await Promise.all([
      put('report.json', `${JSON.stringify(report, null, 2)}\n`),
      put('report.txt', `${lines.join('\n')}\n`),
      put('events.ndjson', result.events.map((event) => `${JSON.stringify(event)}\n`).join('')),
      ...result.pictures.map(({ page }, at) => (page === null ? null : put(`culprit-${at + 1}.html`, page))),
    ]);
  }
}

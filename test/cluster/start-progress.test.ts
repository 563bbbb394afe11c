import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { startProgress } from '../../src/cluster/native/process/start-progress.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'raftkv-progress-'));
  mkdirSync(dirname(paths.log(dir, 'n1')), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

const line = (message: string, second: number): string =>
  `${JSON.stringify({ time: `2026-01-01T00:00:0${second}.000Z`, node: 'n1', level: 'info', message })}\n`;

describe('the progress of a start', () => {
  it('is what the newest line of the log says of it', async () => {
    expect(await startProgress(dir, 'n1')).toBeNull();
    const log = paths.log(dir, 'n1');
    writeFileSync(log, line('starting: loading snapshot 40 %', 1) + line('starting: loading snapshot 80 %', 2));
    expect(await startProgress(dir, 'n1')).toEqual({ text: 'loading snapshot 80 %', at: '2026-01-01T00:00:02.000Z' });
    writeFileSync(log, line('starting: reading the log', 3) + line('serving', 4));
    expect(await startProgress(dir, 'n1')).toBeNull();
    writeFileSync(log, 'starting: no JSON\n');
    expect(await startProgress(dir, 'n1')).toBeNull();
  });
});

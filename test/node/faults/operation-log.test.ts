import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperationLog } from '../../../src/node/faults/operation-log.ts';
import { type DiskOperation, decodeRecords, encodeRecord, withZeros } from '../../../src/node/faults/operation-records.ts';

let folder = '';
let data = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftkv-operations-'));
  [data, path] = [join(folder, 'data'), join(folder, 'operations.log')];
  mkdirSync(join(data, 'wal'), { recursive: true });
  writeFileSync(join(data, 'meta-a'), 'meta');
  writeFileSync(join(data, 'wal/1'), Buffer.from('log\0\0\0'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const operations = (): readonly DiskOperation[] => decodeRecords(readFileSync(path)).records.map(({ operation }) => operation);

const COPY = [
  { op: 'makeDir', path: 'wal' },
  { op: 'found', path: 'meta-a', size: 4 },
  { op: 'found', path: 'wal/1', size: 6 },
];

describe('an operation log', () => {
  it('begins with a copy of the directory, and goes on in the next process', () => {
    const first = OperationLog.open(path, data);
    first.note({ op: 'truncate', file: 1, size: 3 });
    first.close();
    OperationLog.open(path, data).close();
    expect(operations().toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual(
      [...COPY, { op: 'start' }, { op: 'start' }, { op: 'truncate', file: 1, size: 3 }].toSorted((a, b) =>
        JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
      ),
    );
    const found = decodeRecords(readFileSync(path)).records.find(
      ({ operation }) => operation.op === 'found' && operation.size === 6,
    );
    expect(withZeros(found?.bytes ?? Buffer.alloc(0), 6).toString()).toBe('log\0\0\0');
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('loses a record that a kill cut short, and nothing else', () => {
    OperationLog.open(path, data).close();
    const whole = operations();
    truncateSync(path, statSync(path).size - 1);
    expect(operations()).toEqual(whole.slice(0, -1));
    OperationLog.open(path, data).close();
    expect(operations()).toEqual(whole);
  });

  it('begins anew when it was found too long, and gives up when it grows too long', () => {
    const log = OperationLog.open(path, data);
    log.note({ op: 'truncate', file: 1, size: 3 });
    log.close();
    OperationLog.open(path, data, { restartBytes: 10 }).close();
    expect(operations()).toHaveLength(COPY.length + 1);
    const small = OperationLog.open(path, data, { mostBytes: statSync(path).size + 100 });
    small.note({ op: 'write', file: 1, at: 0, size: 500 }, Buffer.alloc(500, 1));
    expect(existsSync(path)).toBe(false);
    small.note({ op: 'truncate', file: 1, size: 3 });
    expect(existsSync(path)).toBe(false);
  });

  it('keeps zeros at the end of a write as a number', () => {
    const [, , bytes] = encodeRecord({ op: 'write', file: 1, at: 0, size: 1_000_000 }, Buffer.alloc(1_000_000));
    expect(bytes).toHaveLength(0);
  });
});

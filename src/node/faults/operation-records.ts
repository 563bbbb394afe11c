/**
 * The records of an operation log: everything that a node did to its data directory, so that a power loss can be replayed.
 * A record is the lengths of its two parts (u32, little-endian), JSON, and bytes. Paths are relative to the directory.
 */
import { z } from 'zod';
import { once } from '../../base/once.ts';
import { withoutTrailingZeros } from './trailing-zeros.ts';

const path = z.string().max(1_024);
const file = z.int().min(0);
const size = z.int().min(0);
const id = z.int().min(0);

const Operation = once(() =>
  z.discriminatedUnion('op', [
    /** A process began: files of the one before are closed, and what it had under way never came back. */
    z.strictObject({ op: z.literal('start') }),
    /** As it was when the log began, durable. */
    z.strictObject({ op: z.literal('found'), path, size }),
    z.strictObject({ op: z.literal('makeDir'), path }),
    z.strictObject({ op: z.literal('create'), path, file }),
    z.strictObject({ op: z.literal('open'), path, file }),
    z.strictObject({ op: z.literal('write'), file, at: size, size }),
    z.strictObject({ op: z.literal('truncate'), file, size }),
    z.strictObject({ op: z.literal('rename'), from: path, to: path }),
    z.strictObject({ op: z.literal('unlink'), path }),
    /** A sync holds what was written before it began, but only once it has ended. */
    z.strictObject({ op: z.literal('sync'), file, id }),
    z.strictObject({ op: z.literal('syncDir'), path, id }),
    z.strictObject({ op: z.literal('synced'), id }),
  ]),
);
export type DiskOperation = z.infer<ReturnType<typeof Operation>>;

export interface OperationRecord {
  readonly operation: DiskOperation;
  /** Of a write, or of a file that was found; without the zeros at their end, which `size` counts. */
  readonly bytes: Buffer;
}

const HEAD_BYTES = 8;
const NOTHING = Buffer.alloc(0);

export function encodeRecord(operation: DiskOperation, bytes: Buffer = NOTHING): readonly Buffer[] {
  const json = Buffer.from(JSON.stringify(operation));
  const kept = withoutTrailingZeros(bytes);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(kept.length, 4);
  return [head, json, kept];
}

/** The whole records and where they end; a process that was killed may leave a part of one behind them. */
export function decodeRecords(log: Buffer): { readonly records: readonly OperationRecord[]; readonly endBytes: number } {
  const records: OperationRecord[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= log.length) {
    const bytesAt = at + HEAD_BYTES + log.readUInt32LE(at);
    const end = bytesAt + log.readUInt32LE(at + 4);
    if (end > log.length) break;
    const operation = Operation().parse(JSON.parse(log.toString('utf8', at + HEAD_BYTES, bytesAt)));
    records.push({ operation, bytes: log.subarray(bytesAt, end) });
    at = end;
  }
  return { records, endBytes: at };
}

/** With the zeros that were left out. */
export function withZeros(bytes: Buffer, sizeBytes: number): Buffer {
  return bytes.length === sizeBytes ? bytes : Buffer.concat([bytes], sizeBytes);
}

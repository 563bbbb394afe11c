import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import { seededRandom } from '../../src/base/random.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import { Machine } from '../../src/kv/machine.ts';
import { cutOf } from '../../src/kv/snapshot.ts';
import type { Snapshot, SnapshotHead } from '../../src/raft/messages.ts';
import type { ReceivedPiece } from '../../src/replica/ports.ts';
import { MemoryDisk } from '../../src/sim/memory-disk.ts';
import { checksum } from '../../src/storage/record.ts';
import { type LoadedSnapshot, loadSnapshot } from '../../src/storage/snapshot-file.ts';
import { encodeFooter, encodeFrame, encodeSnapshotHeader, SnapshotParser } from '../../src/storage/snapshot-format.ts';
import { SnapshotFiles, snapshotNames } from '../../src/storage/snapshot-store.ts';
import { CLUSTER } from '../support/log-world.ts';

const DIR = '/data/snap';

function machineOf(count: number, label = 'v'): Machine {
  const machine = new Machine();
  machine.apply(logIndex(1), 'o');
  for (let i = 2; i <= count; i += 1) {
    const request = i % 3 === 0 ? { session: 1, sequence: i, acknowledged: i - 3 } : null;
    machine.apply(logIndex(i), encodeCommand({ type: 'put', key: `k${i % 17}`, value: `${label}${i}`.repeat(i % 9), request }));
  }
  return machine;
}

const headAt = (index: number, inTerm = 2): SnapshotHead => ({
  last: { index: logIndex(index), term: term(inTerm) },
  time: clusterTime(1_700_000_000_000),
  configuration: { voters: [nodeId('n1'), nodeId('n2')], outgoing: [], learners: [] },
});

function storeOn(disk: MemoryDisk): SnapshotFiles {
  disk.makeDir(DIR, () => {});
  disk.run();
  return new SnapshotFiles({ disk, dir: DIR, clusterId: CLUSTER, names: snapshotNames(namesIn(disk)), newest: null });
}

const namesIn = (disk: MemoryDisk): string[] =>
  disk
    .paths()
    .filter((path) => path.startsWith(`${DIR}/`))
    .map((path) => path.slice(DIR.length + 1));

function take(store: SnapshotFiles, disk: MemoryDisk, machine: Machine, index: number): Snapshot | null {
  let taken: Snapshot | null = null;
  using cut = cutOf(machine, 100);
  store.write(headAt(index), cut, (error, snapshot) => {
    if (error !== null) throw error;
    taken = snapshot;
  });
  disk.run();
  return taken;
}

function load(disk: MemoryDisk, path: string): { error: Error | null; loaded: LoadedSnapshot | null } {
  let result: { error: Error | null; loaded: LoadedSnapshot | null } = { error: new Error('no answer'), loaded: null };
  loadSnapshot({ disk, path, clusterId: CLUSTER, restores: true }, (error, loaded) => {
    result = { error, loaded };
  });
  disk.run();
  return result;
}

function pathOf(disk: MemoryDisk): string {
  return `${DIR}/${snapshotNames(namesIn(disk)).at(-1)}`;
}

/** As version `version` of the format has it, with another checksum of the state. */
function rewritten(bytes: Buffer, version: number): Buffer {
  const chunks: Buffer[] = [];
  const parser = new SnapshotParser(CLUSTER, (chunk) => chunks.push(Buffer.from(chunk)));
  parser.push(bytes);
  const footer = parser.end();
  const { bytes: header } = encodeSnapshotHeader(footer, CLUSTER);
  header.writeUInt32LE(version, 8);
  let chain = checksum(header.subarray(8), 0);
  header.writeUInt32LE(chain, 4);
  const frames = chunks.map((chunk) => {
    const frame = encodeFrame(chunk, chain);
    chain = frame.chain;
    return frame.bytes;
  });
  const whole = Buffer.concat([header, ...frames]);
  const hash = createHash('sha256').update(whole).digest('hex');
  const counts = { ...footer.counts, hash: 1 + (footer.counts.hash ?? 0) };
  return Buffer.concat([whole, encodeFooter({ ...footer, counts, hash }, chain).bytes]);
}

describe('a snapshot on the disk', () => {
  it('of the former version is taken by its checksums alone; of a later one it is refused', () => {
    const disk = new MemoryDisk();
    const machine = machineOf(200);
    take(storeOn(disk), disk, machine, 200);
    const path = pathOf(disk);
    const bytes = disk.peek(path);
    disk.put(path, rewritten(bytes, 1));
    expect(load(disk, path).loaded?.machine?.hash()).toBe(machine.hash());
    disk.put(path, rewritten(bytes, 2));
    expect(load(disk, path).error?.message).toContain('another than the one that was announced');
    disk.put(path, rewritten(bytes, 3));
    expect(load(disk, path).error?.message).toContain('version 3 of the format is not known here');
  });

  it('comes back as it was', () => {
    const disk = new MemoryDisk();
    const store = storeOn(disk);
    const machine = machineOf(200);
    const snapshot = take(store, disk, machine, 200);
    expect(store.newest).toEqual(snapshot);
    const { loaded } = load(disk, pathOf(disk));
    expect(loaded?.snapshot).toEqual(snapshot);
    expect(loaded?.machine?.hash()).toBe(machine.hash());
    expect(disk.peek(pathOf(disk))).toHaveLength(snapshot?.sizeBytes ?? 0);
  });

  it('is refused when any byte is another, or missing, or too many', () => {
    const disk = new MemoryDisk();
    take(storeOn(disk), disk, machineOf(30), 30);
    const path = pathOf(disk);
    const whole = disk.peek(path);
    const random = seededRandom(1);
    const refused = (bytes: Buffer, what: string): void => {
      disk.put(path, bytes);
      const { error, loaded } = load(disk, path);
      expect(loaded, what).toBeNull();
      expect(error, what).toMatchObject({ kind: 'corrupt' });
    };
    for (let at = 0; at < whole.length; at += 1) {
      // Eight bytes of the header mean nothing, and are covered all the same.
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 8));
      refused(bytes, `byte ${at}`);
      if (at % 7 === 0) refused(whole.subarray(0, at), `${at} bytes`);
    }
    refused(Buffer.concat([whole, Buffer.from([0])]), 'one byte more');
  });

  it('is read in whatever portions it comes', () => {
    const disk = new MemoryDisk();
    take(storeOn(disk), disk, machineOf(120), 120);
    const bytes = disk.peek(pathOf(disk));
    const chunksOf = (portions: () => number): Buffer[] => {
      const chunks: Buffer[] = [];
      const parser = new SnapshotParser(CLUSTER, (chunk) => chunks.push(Buffer.from(chunk)));
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + portions());
        const portion = Buffer.from(bytes.subarray(at, end));
        parser.push(portion);
        portion.fill(0xff);
        at = end;
      }
      expect(parser.end().last.index).toBe(120);
      return chunks;
    };
    const whole = chunksOf(() => bytes.length);
    expect(whole.length).toBeGreaterThan(5);
    for (const size of [1, 3, 8, 63, 64, 65, 110, 1_000]) expect(chunksOf(() => size)).toEqual(whole);
    const random = seededRandom(2);
    for (let round = 0; round < 50; round += 1) expect(chunksOf(() => random.integer(1, 300))).toEqual(whole);
  });

  it('of many portions comes back as it was, and is refused for damage in any of them once nothing is being read any more', () => {
    const disk = new MemoryDisk();
    const machine = new Machine();
    const value = 'x'.repeat(5_000);
    for (let i = 1; i <= 150; i += 1) {
      const command = encodeCommand({ type: 'put', key: `ä${i % 3 === 0 ? i : `${i}k`}`, value: `${value}${i}`, request: null });
      machine.apply(logIndex(i), command);
    }
    take(storeOn(disk), disk, machine, 150);
    const path = pathOf(disk);
    const copy = load(disk, path).loaded?.machine;
    expect(copy?.hash()).toBe(machine.hash());
    expect(copy?.recomputedHash()).toBe(machine.hash());
    const whole = disk.peek(path);
    for (const at of [100, 200_000, 300_000, 600_000, whole.length - 10]) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 4;
      disk.put(path, bytes);
      disk.trace.length = 0;
      expect(load(disk, path).error, `byte ${at}`).toMatchObject({ kind: 'corrupt' });
      expect(disk.trace.filter((step) => step.startsWith('close'))).toHaveLength(1);
      expect(disk.trace.at(-1), `byte ${at}`).toContain('close');
    }
  });

  it('belongs to its cluster', () => {
    const disk = new MemoryDisk();
    take(storeOn(disk), disk, machineOf(5), 5);
    let refusal: Error | null = null;
    loadSnapshot({ disk, path: pathOf(disk), clusterId: 'f'.repeat(32), restores: false }, (error, _loaded) => {
      refusal = error;
    });
    disk.run();
    expect(refusal).toMatchObject({ message: expect.stringContaining(`belongs to cluster ${CLUSTER}`) });
  });

  it('is there whole or not at all, at whatever step the process or the power ends', () => {
    const steps = new MemoryDisk();
    take(storeOn(steps), steps, machineOf(60), 60);
    let whole = 0;
    for (let crashAt = 1; crashAt <= steps.steps; crashAt += 1) {
      for (const power of [false, true]) {
        const disk = new MemoryDisk();
        const store = storeOn(disk);
        disk.crashAt = crashAt;
        const named = take(store, disk, machineOf(60), 60);
        const random = seededRandom(crashAt);
        const next = power ? disk.afterPowerLoss(random) : disk.afterProcessCrash(random);
        const names = snapshotNames(namesIn(next));
        for (const name of names) expect(load(next, `${DIR}/${name}`).error, `step ${crashAt}`).toBeNull();
        if (named !== null) expect(names).toHaveLength(1);
        whole += names.length;
      }
    }
    expect(whole).toBeGreaterThan(0);
  });

  it('stops at once when it is not wanted any more, and leaves nothing', () => {
    const disk = new MemoryDisk();
    const store = storeOn(disk);
    let answers = 0;
    using cut = cutOf(machineOf(100), 50);
    const cancel = store.write(headAt(100), cut, (_, snapshot) => {
      expect(snapshot).toBeNull();
      answers += 1;
    });
    cancel();
    disk.run();
    expect(answers).toBe(1);
    expect(namesIn(disk)).toEqual([]);
  });

  it('gives way to newer ones: two are kept, and one that somebody is reading', () => {
    const disk = new MemoryDisk();
    const store = storeOn(disk);
    const retired: number[] = [];
    const retire = (): void => {
      store.retire((_, upTo) => retired.push(upTo ?? -1));
      disk.run();
    };
    const first = take(store, disk, machineOf(10), 10);
    retire();
    take(store, disk, machineOf(20), 20);
    retire();
    store.read(first ?? expect.unreachable(), 0, 10, () => {});
    disk.run();
    take(store, disk, machineOf(30), 30);
    retire();
    expect(retired).toEqual([0, 10, 20]);
    expect(snapshotNames(namesIn(disk)).map((name) => Number(name.slice(0, 16)))).toEqual([10, 20, 30]);
    disk.steps += 100_000;
    retire();
    expect(snapshotNames(namesIn(disk)).map((name) => Number(name.slice(0, 16)))).toEqual([20, 30]);
  });
});

describe('a snapshot that is received', () => {
  /** A sender's bytes, and a receiver. */
  function pair() {
    const from = new MemoryDisk();
    const machine = machineOf(150);
    const snapshot = take(storeOn(from), from, machine, 150) ?? expect.unreachable();
    const bytes = from.peek(pathOf(from));
    const to = new MemoryDisk();
    const store = storeOn(to);
    const send = (offset: number, count: number, name = snapshot): ReceivedPiece | Error => {
      let answer: ReceivedPiece | Error = new Error('no answer');
      store.receive({ snapshot: name, offset, data: Buffer.from(bytes.subarray(offset, offset + count)) }, (error, received) => {
        answer = error ?? received ?? new Error('nothing');
      });
      to.run();
      return answer;
    };
    return { machine, snapshot, bytes, to, store, send };
  }

  it('is the same file, and the state at once', () => {
    const { machine, snapshot, bytes, to, store, send } = pair();
    let next = 0;
    for (let turn = 0; turn < 1_000; turn += 1) {
      const answer = send(next, 997);
      if (answer instanceof Error) throw answer;
      next = answer.next;
      if (answer.loaded === null) continue;
      expect(answer.loaded.snapshot).toEqual(snapshot);
      expect(answer.loaded.machine.hash()).toBe(machine.hash());
      expect(to.peek(pathOf(to)).equals(bytes)).toBe(true);
      expect(store.newest).toEqual(snapshot);
      return;
    }
    expect.unreachable();
  });

  it('takes pieces in their order only, and tells which one it wants', () => {
    const { snapshot, send } = pair();
    expect(send(500, 500)).toEqual({ next: 0, loaded: null });
    expect(send(0, 500)).toEqual({ next: 500, loaded: null });
    expect(send(0, 500)).toEqual({ next: 500, loaded: null });
    expect(send(1_000, 500)).toEqual({ next: 500, loaded: null });
    expect(send(500, 500)).toEqual({ next: 1_000, loaded: null });
    // Another snapshot begins anew.
    const other = { ...snapshot, hash: '0'.repeat(64) };
    expect(send(1_000, 500, other)).toEqual({ next: 0, loaded: null });
    expect(send(0, 500, other)).toEqual({ next: 500, loaded: null });
    expect(send(500, snapshot.sizeBytes, { ...snapshot, sizeBytes: snapshot.sizeBytes - 1 })).toEqual({ next: 0, loaded: null });
  });

  it('is refused when it is not what was announced, and begins anew', () => {
    const { snapshot, bytes, to, send } = pair();
    expect(send(0, bytes.length, { ...snapshot, hash: '0'.repeat(64) })).toMatchObject({ kind: 'corrupt' });
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    expect(send(0, bytes.length)).toMatchObject({ kind: 'corrupt' });
    expect(namesIn(to)).toEqual([]);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    expect(send(0, bytes.length)).toMatchObject({ next: 0, loaded: { snapshot } });
  });

  it('survives a full disk: nothing is kept, the next try may succeed', () => {
    const { bytes, to, send } = pair();
    send(0, 500);
    to.fault = (operation) => (operation === 'write' ? new Error('ENOSPC') : null);
    expect(send(500, 500)).toBeInstanceOf(Error);
    to.fault = () => null;
    expect(namesIn(to)).toEqual([]);
    expect(send(500, 500)).toEqual({ next: 0, loaded: null });
    expect(send(0, bytes.length)).toMatchObject({ next: 0, loaded: {} });
  });
});

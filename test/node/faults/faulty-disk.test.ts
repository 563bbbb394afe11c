import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/brand.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { DiskEffect } from '../../../src/fault/plan.ts';
import { FaultyDisk } from '../../../src/node/faults/faulty-disk.ts';
import { MemoryDisk } from '../../../src/sim/memory-disk.ts';
import type { DiskFile } from '../../../src/storage/disk.ts';
import { FakeClock } from '../../fault/fake-clock.ts';

const HEALTHY: DiskEffect = { slowMs: [0, 0], hang: false, full: false, fail: null };

class Bench {
  readonly memory = new MemoryDisk();
  readonly clock = new FakeClock();
  readonly disk = new FaultyDisk({
    inner: this.memory,
    random: seededRandom(1),
    after: (ms, run) => void this.clock.after(millis(ms), run),
  });
  readonly file: DiskFile;

  constructor() {
    let made: DiskFile | null = null;
    this.disk.create('/log', (_error, file) => {
      made = file;
    });
    this.memory.run();
    if (made === null) throw new Error('no file');
    this.file = made;
  }

  /** What came of something, in words; `waits` while it has not come back. */
  outcome(start: (done: (error: Error | null) => void) => void): () => string {
    let word = 'waits';
    start((error) => {
      word = error === null ? 'ok' : 'code' in error ? String(error.code) : error.message;
    });
    return () => {
      this.memory.run();
      return word;
    };
  }

  write(text: string, at = 0): () => string {
    return this.outcome((done) => this.file.write(Buffer.from(text), at, done));
  }

  sync(): () => string {
    return this.outcome((done) => this.file.sync(done));
  }
}

describe('a disk with faults', () => {
  it('does as the disk below when nothing is wrong', () => {
    const bench = new Bench();
    expect([bench.write('abc')(), bench.sync()()]).toEqual(['ok', 'ok']);
    expect(bench.memory.peek('/log').toString()).toBe('abc');
  });

  it('slow: each change and sync waits its time first, reading does not', () => {
    const bench = new Bench();
    bench.disk.set([{ ...HEALTHY, slowMs: [20, 80] }]);
    const [write, read] = [bench.write('abc'), bench.outcome((done) => bench.disk.read('/log', (...[error]) => done(error)))];
    expect([write(), read()]).toEqual(['waits', 'ok']);
    bench.clock.pass(19);
    expect(write()).toBe('waits');
    bench.clock.pass(61);
    expect(write()).toBe('ok');
  });

  it('hung: nothing comes back and nothing is done, until the disk goes on', () => {
    const bench = new Bench();
    bench.disk.set([{ ...HEALTHY, hang: true }]);
    const [write, sync] = [bench.write('abc'), bench.sync()];
    bench.clock.pass(60_000);
    expect([write(), sync(), bench.memory.peek('/log').length]).toEqual(['waits', 'waits', 0]);
    bench.disk.set([{ ...HEALTHY, slowMs: [5, 5] }]);
    expect([write(), sync(), bench.memory.peek('/log').toString()]).toEqual(['ok', 'ok', 'abc']);
  });

  it('hung while an operation was late: it is held too', () => {
    const bench = new Bench();
    bench.disk.set([{ ...HEALTHY, slowMs: [50, 50] }]);
    const write = bench.write('abc');
    bench.disk.set([{ ...HEALTHY, hang: true }]);
    bench.clock.pass(60);
    expect(write()).toBe('waits');
    bench.disk.set([]);
    expect(write()).toBe('ok');
  });

  it('full: what needs room gets ENOSPC after a part of it, what lies in used room is written', () => {
    const bench = new Bench();
    expect(bench.write('0123456789')()).toBe('ok');
    expect(bench.outcome((done) => bench.file.write(Buffer.alloc(64), 10, done))()).toBe('ok');
    bench.disk.set([{ ...HEALTHY, full: true }]);
    // The zeros ahead took no room.
    expect(bench.write('ABCD', 10)()).toBe('ENOSPC');
    expect(bench.memory.peek('/log').toString('utf8', 0, 14)).toBe('0123456789AB\0\0');
    expect(bench.write('XY', 2)()).toBe('ok');
    expect(bench.sync()()).toBe('ok');
    bench.disk.set([]);
    expect(bench.write('ABCD', 10)()).toBe('ok');
  });

  it('full: a file that was there keeps the room it had', () => {
    const bench = new Bench();
    bench.memory.put('/old', Buffer.from('old\0\0\0'));
    bench.disk.read('/old', () => {});
    let file: DiskFile | null = null;
    bench.disk.open('/old', (_error, opened) => {
      file = opened;
    });
    bench.memory.run();
    bench.disk.set([{ ...HEALTHY, full: true }]);
    const write = (text: string, at: number): string =>
      bench.outcome((done) => (file as DiskFile | null)?.write(Buffer.from(text), at, done))();
    expect([write('new', 0), write('more', 3)]).toEqual(['ok', 'ENOSPC']);
  });

  it('failing: writes or syncs get EIO and do nothing', () => {
    const bench = new Bench();
    bench.disk.set([{ ...HEALTHY, fail: 'write' }]);
    expect([bench.write('abc')(), bench.sync()(), bench.memory.peek('/log').length]).toEqual(['EIO', 'ok', 0]);
    bench.disk.set([{ ...HEALTHY, fail: 'sync' }]);
    expect([bench.write('abc')(), bench.sync()()]).toEqual(['ok', 'EIO']);
    expect(bench.outcome((done) => bench.disk.syncDir('', done))()).toBe('EIO');
  });
});

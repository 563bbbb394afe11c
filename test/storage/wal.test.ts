/** The order of effects on the disk, group commit, and what an error does. */
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import type { Entry, PersistBatch } from '../../src/raft/messages.ts';
import type { LogStore } from '../../src/replica/ports.ts';
import { MemoryDisk, type Operation, systemError } from '../../src/sim/memory-disk.ts';
import { DIR, openOn } from '../support/log-world.ts';

const entry = (index: number, data = `e${index}`, t = 1): Entry => ({
  index: logIndex(index),
  term: term(t),
  time: clusterTime(5),
  kind: 'command',
  data,
});
const batch = (from: number, count = 1, t = 1, commit = 0): PersistBatch => ({
  hardState: null,
  entries: Array.from({ length: count }, (_, i) => entry(from + i, `e${from + i}@${t}`, t)),
  commit: logIndex(commit),
});
const TERM_1 = { term: term(1), votedFor: nodeId('n2'), repairFrom: null };

function begin(disk = new MemoryDisk()): { readonly disk: MemoryDisk; readonly store: LogStore } {
  const { store } = openOn(disk);
  if (store === null) throw new Error('not opened');
  store.append({ hardState: TERM_1, entries: [], commit: logIndex(0) }, () => {});
  disk.run();
  disk.trace.length = 0;
  return { disk, store };
}

const recoveredFrom = (disk: MemoryDisk) => {
  const { recovered, error } = openOn(disk.afterProcessCrash());
  if (recovered === null) throw error;
  return recovered;
};

describe('the write-ahead log', () => {
  it('groups what arrives while the disk works, into one write and one sync, and answers in order', () => {
    const { disk, store } = begin();
    const answered: number[] = [];
    for (let i = 1; i <= 20; i += 1) store.append(batch(i), (error) => answered.push(error === null ? i : -i));
    expect(answered).toEqual([]);
    disk.run();
    expect(answered).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const onLog = disk.trace.filter((step) => step.endsWith('.log'));
    // The first alone, then the nineteen that waited; the zeros ahead of the log are a write of their own.
    expect(onLog.filter((step) => step.startsWith('sync'))).toHaveLength(2);
    expect(store.syncTimes().count).toBe(4);
  });

  it('acknowledges nothing before its sync returned', () => {
    const { disk, store } = begin();
    let answered = false;
    store.append(batch(1), () => {
      answered = true;
    });
    while (!answered) {
      disk.crashAt = disk.steps + 1;
      disk.run();
    }
    expect(disk.trace.indexOf(`sync ${DIR}/wal/00000001.log`)).toBe(disk.trace.length - 1);
  });

  it('writes and syncs both copies of a vote, one after the other, before the entries of its batch', () => {
    const { disk, store } = begin();
    let answered = false;
    store.append({ ...batch(1, 1, 2), hardState: { term: term(2), votedFor: null, repairFrom: null } }, () => {
      answered = true;
    });
    disk.run();
    const log = `${DIR}/wal/00000001.log`;
    const [a, b] = [`${DIR}/meta-a`, `${DIR}/meta-b`];
    expect(disk.trace.slice(0, 6)).toEqual([`write ${a}`, `sync ${a}`, `write ${b}`, `sync ${b}`, `write ${log}`, `sync ${log}`]);
    expect(answered).toBe(true);
  });

  it('does not write a hard state that is already there', () => {
    const { disk, store } = begin();
    let answered = false;
    store.append({ hardState: TERM_1, entries: [], commit: logIndex(0) }, () => {
      answered = true;
    });
    expect(answered).toBe(true);
    expect(disk.trace).toEqual([]);
  });

  it('replaces the tail from a lower index on, also within one group', () => {
    const { disk, store } = begin();
    store.append(batch(1, 5), () => {});
    store.append({ ...batch(3, 2, 2, 2), hardState: { term: term(2), votedFor: null, repairFrom: null } }, () => {});
    store.append(batch(5, 1, 2, 3), () => {});
    disk.run();
    const { entries, commitHint } = recoveredFrom(disk);
    expect(Array.from(entries, ({ data }) => data)).toEqual(['e1@1', 'e2@1', 'e3@2', 'e4@2', 'e5@2']);
    expect(commitHint).toBe(3);
  });

  it('refuses a gap, a committed place and an older term as bugs of ours', () => {
    const { disk, store } = begin();
    store.append(batch(1, 3, 1, 2), () => {});
    disk.run();
    expect(() => store.append(batch(5), () => {})).toThrow('no gaps');
    expect(() => store.append(batch(2), () => {})).toThrow('never replaced');
    expect(() => store.append({ ...batch(4), entries: [entry(4, 'a', 2), entry(5, 'b', 1)] }, () => {})).toThrow(
      'never decrease',
    );
  });

  it('keeps a bounded record of sync times', () => {
    const { disk, store } = begin();
    for (let i = 1; i <= 1_500; i += 1) {
      store.append(batch(i), () => {});
      disk.run();
    }
    const { count, p50Ms, p99Ms, maxMs } = store.syncTimes();
    expect(count).toBe(1_502);
    expect([p50Ms, p99Ms, maxMs].every((ms) => ms >= 1)).toBe(true);
  });

  it('finishes what was appended before it closes, and takes nothing after', () => {
    const { disk, store } = begin();
    const events: string[] = [];
    store.append(batch(1), () => events.push('appended'));
    store.close((error) => events.push(error === null ? 'closed' : error.message));
    store.append(batch(2), (error) => events.push(error?.name ?? 'accepted'));
    disk.run();
    expect(events).toEqual(['StorageError', 'appended', 'closed']);
    expect(disk.trace.filter((step) => step.startsWith('close'))).toHaveLength(4);
    expect(recoveredFrom(disk).entries).toHaveLength(1);
  });
});

describe('an error of the disk', () => {
  const failing = (operation: Operation, code: string) => {
    const { disk, store } = begin();
    const answers: string[] = [];
    const note = (error: Error | null): void => void answers.push(error !== null && 'kind' in error ? String(error.kind) : 'ok');
    store.append(batch(1), note);
    disk.run();
    let failures = 0;
    disk.fault = (done, path) => {
      if (done !== operation || !path.endsWith('.log') || failures > 0) return null;
      failures += 1;
      return systemError(code);
    };
    store.append(batch(2), note);
    store.append(batch(3), note);
    store.append(batch(4), note);
    disk.run();
    store.append(batch(5), note);
    let closed = '';
    store.close((error) => {
      closed = error?.name ?? 'clean';
    });
    disk.run();
    return { disk, answers, closed };
  };

  it('in a sync is final: nothing waiting or later is acknowledged, and the sync is not tried again', () => {
    const { disk, answers, closed } = failing('sync', 'EIO');
    expect(answers).toEqual(['ok', 'io', 'io', 'io', 'io']);
    expect(closed).toBe('StorageError');
    expect(disk.trace.filter((step) => step === `sync ${DIR}/wal/00000001.log`)).toHaveLength(2);
  });

  it('in a write is as final', () => {
    expect(failing('write', 'EIO').answers).toEqual(['ok', 'io', 'io', 'io', 'io']);
  });

  it('for want of space has its own name, and what was acknowledged comes back', () => {
    const { disk, answers } = failing('write', 'ENOSPC');
    expect(answers).toEqual(['ok', 'full', 'full', 'full', 'full']);
    const { entries, tornBytes } = recoveredFrom(disk);
    expect(Array.from(entries, ({ data }) => data)).toEqual(['e1@1']);
    expect(tornBytes).toBeGreaterThan(0);
  });

  it('while opening is told, whichever step it meets', () => {
    const { disk } = begin();
    const whole = disk.afterProcessCrash();
    openOn(whole);
    for (let step = 0; step < whole.trace.length; step += 1) {
      const next = disk.afterProcessCrash();
      let count = 0;
      next.fault = () => (count++ === step ? systemError('EIO') : null);
      const { error, store } = openOn(next);
      // The mark's first write and the zeros ahead come after the opening.
      if (store !== null) expect(whole.trace[step]).toMatch(/^write .*(mark|log)$/);
      else expect(error).toMatchObject({ name: 'StorageError', kind: 'io' });
    }
  });
});

describe('a full disk', () => {
  /** Full from the first batch on; `again` is what waits for the end of its pause. */
  const begun = () => {
    const paused: (() => void)[] = [];
    const disk = new MemoryDisk();
    const { store } = openOn(disk, undefined, undefined, { pause: (again) => paused.push(again) });
    if (store === null) throw new Error('not opened');
    store.append({ hardState: TERM_1, entries: [], commit: logIndex(0) }, () => {});
    disk.run();
    disk.trace.length = 0;
    disk.fault = (operation, path) => (operation === 'write' && /log(\.tmp)?$/.test(path) ? systemError('ENOSPC') : null);
    const again = (): void => {
      paused.shift()?.();
      disk.run();
    };
    return { disk, store, paused, again };
  };
  const syncs = (disk: MemoryDisk): number => disk.trace.filter((step) => /^sync .*log$/.test(step)).length;

  it('is waited out: the same bytes are written again, and only then synced and acknowledged', () => {
    const { disk, store, paused, again } = begun();
    const answers: string[] = [];
    store.append(batch(1), (error) => answers.push(`1 ${error?.message ?? 'ok'}`));
    store.append(batch(2), (error) => answers.push(`2 ${error?.message ?? 'ok'}`));
    disk.run();
    again();
    expect([answers, store.isFull, paused.length, syncs(disk)]).toEqual([[], true, 1, 0]);
    disk.fault = () => null;
    again();
    expect([answers, store.isFull, paused.length]).toEqual([['1 ok', '2 ok'], false, 0]);
    expect(Array.from(recoveredFrom(disk).entries, ({ data }) => data)).toEqual(['e1@1', 'e2@1']);
  });

  it('loses nothing that was acknowledged when the process ends while it waits', () => {
    const { disk, store } = begun();
    disk.fault = () => null;
    store.append(batch(1), () => {});
    disk.run();
    disk.fault = (operation) => (operation === 'write' ? systemError('ENOSPC') : null);
    store.append(batch(2), () => {});
    disk.run();
    const { entries } = recoveredFrom(disk);
    expect(Array.from(entries, ({ data }) => data)).toEqual(['e1@1']);
  });

  it('keeps a new segment waiting too', () => {
    const { disk, store, again } = begun();
    disk.fault = () => null;
    let acknowledged = 0;
    let full = false;
    for (let index = 1; index <= 60; index += 1) {
      store.append({ hardState: null, entries: [entry(index, 'x'.repeat(400))], commit: logIndex(0) }, (error) => {
        if (error === null) acknowledged += 1;
      });
      disk.run();
      if (index === 1)
        disk.fault = (operation, path) => (operation === 'write' && path.endsWith('.tmp') ? systemError('ENOSPC') : null);
      full ||= store.isFull;
    }
    expect([full, acknowledged < 60]).toEqual([true, true]);
    disk.fault = () => null;
    again();
    expect(acknowledged).toBe(60);
    expect(recoveredFrom(disk).entries).toHaveLength(60);
  });

  it('does not keep a log from closing', () => {
    const { disk, store, again } = begun();
    const events: string[] = [];
    store.append(batch(1), (error) => events.push(error?.name ?? 'ok'));
    disk.run();
    store.close((error) => events.push(`closed ${error?.name ?? ''}`));
    again();
    expect(events).toEqual(['StorageError', 'closed StorageError']);
  });
});

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Alarm } from '../../src/net/alarms.ts';

const rung = (afterMs: number): Promise<number> =>
  new Promise((done) => {
    new Alarm(afterMs, () => done(performance.now()));
  });

describe('an alarm', () => {
  it('rings when its time has come, and not before', async () => {
    const setAt = performance.now();
    const times = await Promise.all([30, 0, 15, 30, 1].map(rung));
    expect(times.map((at, i) => at - setAt >= ([30, 0, 15, 30, 1][i] ?? 0))).toEqual([true, true, true, true, true]);
  });

  it('rings once, though many were set and cancelled around it', async () => {
    let rings = 0;
    const others = Array.from({ length: 100 }, () => new Alarm(5, () => expect.unreachable()));
    const one = new Alarm(5, () => {
      rings += 1;
    });
    for (const other of others) other.cancel();
    await rung(30);
    one.cancel();
    expect(rings).toBe(1);
  });

  it('that is cancelled while others of the same moment ring does not ring', async () => {
    const second: { alarm?: Alarm } = {};
    new Alarm(5, () => second.alarm?.cancel());
    second.alarm = new Alarm(5, () => expect.unreachable());
    await rung(30);
  });

  it('rings though a later one was set before it', async () => {
    const late = new Alarm(60_000, () => expect.unreachable());
    await rung(1);
    late.cancel();
  });

  it('keeps no process alive', async () => {
    const file = resolve(import.meta.dirname, '../../src/net/alarms.ts');
    const script = `const { Alarm } = await import(${JSON.stringify(file)}); new Alarm(3_600_000, () => {});`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 30_000 });
  });
});

import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/brand.ts';
import { FaultyClock } from '../../../src/node/faults/faulty-clock.ts';
import { FakeClock } from '../../fault/fake-clock.ts';

function clocks(): { real: FakeClock; faulty: FaultyClock } {
  const real = new FakeClock();
  real.pass(1_000);
  return { real, faulty: new FaultyClock(real) };
}

describe('a clock with faults', () => {
  it('is the machine’s own until something is wrong with it', () => {
    const { real, faulty } = clocks();
    real.pass(500);
    expect([faulty.now(), faulty.wallTime()]).toEqual([real.now(), real.wallTime()]);
  });

  it('counts at its rate, never goes back, and keeps what it has gained', () => {
    const { real, faulty } = clocks();
    faulty.set({ rate: 2, offsetMs: 0 });
    expect(faulty.now()).toBe(1_000);
    real.pass(100);
    expect(faulty.now()).toBe(1_200);
    faulty.set({ rate: 0.5, offsetMs: 0 });
    expect(faulty.now()).toBe(1_200);
    real.pass(100);
    expect(faulty.now()).toBe(1_250);
    faulty.set({ rate: 1, offsetMs: 0 });
    real.pass(100);
    expect(faulty.now()).toBe(1_350);
  });

  it('sets only the wall clock with an offset', () => {
    const { real, faulty } = clocks();
    faulty.set({ rate: 1, offsetMs: -3_600_000 });
    expect(faulty.wallTime()).toBe(real.wallTime() - 3_600_000);
    expect(faulty.now()).toBe(real.now());
  });

  it('fires by its own time, also timers that were set before the rate changed', () => {
    const { real, faulty } = clocks();
    const fired: string[] = [];
    faulty.after(millis(100), () => fired.push(`before at ${real.now()}`));
    real.pass(20);
    faulty.set({ rate: 2, offsetMs: 0 });
    faulty.after(millis(100), () => fired.push(`after at ${real.now()}`));
    const cancel = faulty.after(millis(10), () => fired.push('cancelled'));
    cancel();
    real.pass(100);
    expect(fired).toEqual(['before at 1060', 'after at 1070']);
    expect(real.timers).toBe(0);
  });
});

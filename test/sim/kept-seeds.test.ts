/** What once broke a promise must keep it for good; test/seeds/README.md tells the format. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, type Fault } from '../../src/sim/faults.ts';
import { drawOptions, type Overrides } from '../../src/sim/options.ts';
import { simulate } from '../../src/sim/run.ts';

interface KeptSeed {
  readonly seed: number;
  readonly overrides: Overrides;
  readonly schedule: readonly Fault[] | null;
  readonly broke: string;
  readonly why: string;
  readonly found: string;
  readonly fixed: string;
}

const FOLDER = resolve(import.meta.dirname, '../seeds');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

const read = (file: string): KeptSeed => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));

describe('a kept seed', () => {
  it.each(FILES)('%s says what it is', (file) => {
    const kept = read(file);
    expect(kept).toEqual({
      seed: expect.any(Number),
      overrides: expect.any(Object),
      schedule: kept.schedule === null ? null : expect.any(Array),
      broke: expect.stringMatching(/.{10}/),
      why: expect.stringMatching(/.{40}/),
      found: expect.stringMatching(/^[0-9a-f]{7,40}$/),
      fixed: expect.stringMatching(/^[0-9a-f]{7,40}$/),
    });
    expect(file.startsWith(`${kept.seed}-`)).toBe(true);
    for (const { kind } of kept.schedule ?? []) expect(FAULT_KINDS).toContain(kind);
  });

  it.each(FILES)(
    '%s keeps every promise now, with its few faults and with all that the seed draws',
    (file) => {
      const { seed, overrides, schedule } = read(file);
      const options = drawOptions(seed, overrides);
      for (const setting of schedule === null ? [{ options }] : [{ options }, { options, schedule }]) {
        const { failure, figures } = simulate(setting);
        expect(failure).toBeNull();
        expect(figures.historyChecked).toBe(true);
      }
    },
    60_000,
  );
});

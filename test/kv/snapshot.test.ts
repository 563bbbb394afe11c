import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logIndex } from '../../src/base/brand.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import type { Command } from '../../src/kv/commands.ts';
import { type Applied as Answer, Machine } from '../../src/kv/machine.ts';
import { cutOf, Restore } from '../../src/kv/snapshot.ts';

const keys = fc.constantFrom('a', 'b', 'c', 'ä', '\u{1f600}', '\ufffd', 'a\0', 'zz');
const values = fc.oneof(fc.constantFrom('', 'x', '\0\0', 'ü'.repeat(40)), fc.string({ unit: 'grapheme', maxLength: 60 }));
const requests = fc.option(
  fc.record({
    session: fc.integer({ min: 1, max: 6 }),
    sequence: fc.integer({ min: 1, max: 5 }),
    acknowledged: fc.integer({ min: 0, max: 3 }),
  }),
);
const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('put' as const), key: keys, value: values, request: requests }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), key: keys, request: requests }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('cas' as const),
      key: keys,
      expect: fc.option(values),
      value: values,
      request: requests,
    }),
  },
  { weight: 1, arbitrary: fc.constant<Command>({ type: 'open-session' }) },
);

class Applied {
  readonly machine = new Machine();
  index = 0;

  apply(list: readonly Command[]): this {
    for (const command of list) {
      this.index += 1;
      this.machine.apply(logIndex(this.index), encodeCommand(command));
    }
    return this;
  }
}

const everything = { start: '', end: null, prefix: null, limit: 0, reverse: false, keysOnly: false, countOnly: false };

describe('a snapshot', () => {
  it('passes over many newer keys in several turns, and is cut into the same chunks all the same', () => {
    const few: Command[] = ['a', 'b', 'zz'].map((key) => ({ type: 'put', key, value: 'old', request: null }));
    const chunksWith = (meanwhile: readonly Command[]): { chunks: Buffer[]; turns: number } => {
      const world = new Applied().apply(few);
      using cut = cutOf(world.machine, 60);
      world.apply(meanwhile);
      const chunks: Buffer[] = [];
      let turns = 0;
      for (let chunk = cut.next(); chunk !== null; chunk = cut.next()) {
        turns += 1;
        if (chunk.length > 0) chunks.push(Buffer.from(chunk));
      }
      return { chunks, turns };
    };
    const newer = Array.from(
      { length: 5_000 },
      (_, i): Command => ({ type: 'put', key: `n${String(i).padStart(5, '0')}`, value: '', request: null }),
    );
    const [quiet, busy] = [chunksWith([]), chunksWith(newer)];
    expect(busy.chunks).toEqual(quiet.chunks);
    expect(busy.turns - quiet.turns).toBe(Math.floor(newer.length / 1_024));
  });

  it('is the state at its moment, whatever is written while it is taken', () => {
    fc.assert(
      fc.property(
        fc.array(commands, { maxLength: 60 }),
        fc.array(fc.array(commands, { maxLength: 6 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 200 }),
        (before, meanwhile, chunkBytes) => {
          const world = new Applied().apply(before);
          const hash = world.machine.hash();
          const range = world.machine.range(everything);
          const cut = cutOf(world.machine, chunkBytes);
          const restore = new Restore();
          let turn = 0;
          for (let chunk = cut.next(); chunk !== null; chunk = cut.next()) {
            restore.add(chunk);
            world.apply(meanwhile[turn % Math.max(1, meanwhile.length)] ?? []);
            turn += 1;
          }
          const copy = restore.finish(cut.counts);
          expect(copy.hash()).toBe(hash);
          expect(copy.recomputedHash()).toBe(hash);
          expect(copy.range(everything)).toEqual(range);
          cut[Symbol.dispose]();
          world.apply(meanwhile.flat());
        },
      ),
      { numRuns: 400 },
    );
  });

  it('answers what the original answers from then on', () => {
    const put = (key: string): Command => ({ type: 'put', key, value: 'v', request: null });
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 60 }), fc.array(commands, { maxLength: 40 }), (before, after) => {
        const world = new Applied().apply(before);
        const cut = cutOf(world.machine, 50);
        const restore = new Restore();
        for (let chunk = cut.next(); chunk !== null; chunk = cut.next()) restore.add(chunk);
        const copy = restore.finish(cut.counts);
        const { revision: at } = copy;
        // A snapshot holds no history: what was deleted before it is simply not there.
        const asKnownSince = ({ reply, change }: Answer): Answer => {
          const isForgotten = change?.type === 'put' && change.deletedAt !== null && change.deletedAt <= at;
          return { reply, change: isForgotten ? { ...change, deletedAt: null } : change };
        };
        after.forEach((command, i) => {
          const index = logIndex(before.length + 1 + i);
          const text = encodeCommand(command);
          expect(copy.apply(index, text)).toEqual(asKnownSince(world.machine.apply(index, text)));
        });
        expect(copy.hash()).toBe(world.machine.hash());
      }),
      { numRuns: 300, examples: [[[put('k'), { type: 'delete', key: 'k', request: null }], [put('k')]]] },
    );
  });

  it('holds every session as it was, whatever order they were used in', () => {
    const put = (session: number, sequence: number): Command => ({
      type: 'put',
      key: 'k',
      value: `${session}/${sequence}`,
      request: { session, sequence, acknowledged: 0 },
    });
    const open: Command = { type: 'open-session' };
    const world = new Applied().apply([open, open, open, put(3, 1), put(1, 1)]);
    const hash = world.machine.hash();
    using cut = cutOf(world.machine, 1);
    const restore = new Restore();
    restore.add(cut.next() ?? Buffer.alloc(0));
    world.apply([put(3, 2), put(2, 1), put(1, 2), open]);
    for (let chunk = cut.next(); chunk !== null; chunk = cut.next()) restore.add(chunk);
    expect(restore.finish(cut.counts).hash()).toBe(hash);
  });

  it('keeps nothing once it is taken', () => {
    const world = new Applied().apply(
      Array.from({ length: 100 }, (_, i): Command => ({ type: 'put', key: `k${i}`, value: 'v', request: null })),
    );
    const { versions } = world.machine.parts();
    const cut = cutOf(world.machine, 100);
    cut.next();
    world.apply([{ type: 'put', key: 'k50', value: 'w', request: null }]);
    expect(versions.pastVersions).toBe(1);
    cut[Symbol.dispose]();
    expect(versions.pins).toBe(0);
    expect(versions.pastVersions).toBe(0);
  });

  it('refuses chunks that are cut short, out of order or not ours', () => {
    const world = new Applied().apply([
      { type: 'open-session' },
      { type: 'put', key: 'k', value: 'v', request: { session: 1, sequence: 1, acknowledged: 0 } },
    ]);
    const cut = cutOf(world.machine, 1_000);
    const chunk = Buffer.from(cut.next() ?? []);
    for (let length = 1; length < chunk.length; length += 1) {
      const restore = new Restore();
      expect(() => {
        restore.add(chunk.subarray(0, length));
        restore.finish(cut.counts);
      }, `${length} bytes`).toThrow();
    }
    expect(() => new Restore().add(Buffer.from([9]))).toThrow('kind 9');
    expect(() => new Restore().add(chunk.subarray(7))).toThrow('the state comes first');
    expect(() => new Restore().finish({ keys: 0, sessions: 0, hash: 0 })).toThrow('no state');
  });
});

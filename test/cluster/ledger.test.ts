import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import {
  EMPTY_LEDGER,
  type Ledger,
  planOf,
  type RecordedFault,
  readLedger,
  withChangedLink,
  withFault,
  withFormerLink,
  withoutNodes,
  writeLedger,
} from '../../src/cluster/native/faults/ledger.ts';
import { commandOf, rulesOf } from '../../src/cluster/native/faults/link-rules.ts';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { replacePrivateFile } from '../../src/cluster/native/folder/private-files.ts';
import { NO_FAULTS } from '../../src/fault/plan.ts';
import { METHODS } from '../../src/wire/methods.ts';

const [n1, n2, n3] = ['n1', 'n2', 'n3'].map(nodeId) as [never, never, never];
const ALL = [n1, n2, n3];

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftkv-ledger-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function fault(kind: RecordedFault['kind'], nodes: readonly never[]): Omit<RecordedFault, 'id'> {
  return { kind, command: `${kind} ${nodes.join(',')}`, nodes, ...NO_FAULTS, since: 1, until: null, owner: 'cli' };
}

function ledgerOf(...faults: Omit<RecordedFault, 'id'>[]): Ledger {
  return faults.reduce<Ledger>((ledger, each) => withFault(ledger, each).ledger, EMPTY_LEDGER);
}

describe('the ledger', () => {
  it('is empty before anything happened, and comes back as it was written', async () => {
    expect(await readLedger(dir)).toEqual(EMPTY_LEDGER);
    const ledger = ledgerOf({
      ...fault('isolate', [n2]),
      links: rulesOf({ type: 'isolate', nodes: [n2], forMs: null }, ALL, 77),
      until: 77,
    });
    await writeLedger(dir, ledger);
    expect(await readLedger(dir)).toEqual(ledger);
  });

  it('puts the plan beside it that nodes read when they start, in the form that the wire takes', async () => {
    const links = rulesOf({ type: 'partition', groups: [[n1], [n2, n3]], forMs: null }, ALL, null);
    const ledger = ledgerOf({ ...fault('partition', ALL), links });
    await writeLedger(dir, ledger);
    const plan: unknown = JSON.parse(await readFile(paths.plan(dir), 'utf8'));
    expect(plan).toEqual(planOf(ledger));
    expect(METHODS['fault.set'].params.safeParse({ plan }).success).toBe(true);
  });

  it('changes the newest fault on the very same link, and knows what it was', async () => {
    const on = (from: never, to: never, ms: number, until: number | null = null) => ({
      ...fault('link', [from, to]),
      command: `link ${from} ${to} --delay ${ms}ms`,
      links: [{ from, to, drop: 0, delayMs: [ms, ms] as const, duplicate: 0, until }],
      until,
    });
    let { ledger } = withChangedLink(ledgerOf(on(n2, n1, 5)), on(n1, n2, 10, 99));
    expect(ledger.faults.map(({ command }) => command)).toEqual(['link n2 n1 --delay 5ms', 'link n1 n2 --delay 10ms']);
    ({ ledger } = withChangedLink(ledger, on(n1, n2, 20)));
    expect(ledger.faults.map(({ id, command }) => [id, command])).toEqual([
      [1, 'link n2 n1 --delay 5ms'],
      [3, 'link n1 n2 --delay 20ms'],
    ]);
    await writeLedger(dir, ledger);
    expect(await readLedger(dir)).toEqual(ledger);
    const [, changed] = ledger.faults;
    const back = withFormerLink(ledger, changed as RecordedFault, 98)?.ledger.faults.at(-1);
    expect(back).toMatchObject({ id: 4, command: 'link n1 n2 --delay 10ms', until: 99, since: 98, replaced: [] });
    expect(withFormerLink(ledger, changed as RecordedFault, 99), 'what it was would be over').toBeNull();
    for (let ms = 30; ms < 1_000; ms += 10) ({ ledger } = withChangedLink(ledger, on(n1, n2, ms)));
    expect(ledger.faults.at(-1)?.replaced).toHaveLength(32);
    await writeLedger(dir, ledger);
    expect(await readLedger(dir)).toEqual(ledger);
  });

  it('never gives a number twice', () => {
    const first = withFault(EMPTY_LEDGER, fault('kill', [n1]));
    const second = withFault(withoutNodes(first.ledger, [n1], ['kill']), fault('kill', [n1]));
    expect([first.id, second.id]).toEqual([1, 2]);
  });

  it('takes single nodes out of a fault', () => {
    const ledger = ledgerOf(fault('kill', [n1, n2]), fault('pause', [n2]), fault('isolate', [n2]));
    const left = withoutNodes(ledger, [n2], ['kill', 'pause']);
    expect(left.faults.map(({ command, nodes }) => [command, nodes])).toEqual([
      ['kill n1', ['n1']],
      ['isolate n2', ['n2']],
    ]);
  });

  it('is not believed when it is damaged', async () => {
    const hostile = {
      nextId: 1,
      rotten: [],
      faults: [{ id: 1, kind: 'kill', command: 'x', nodes: ['../../etc'], ...NO_FAULTS, since: 0, until: null, owner: 'x' }],
    };
    await replacePrivateFile(paths.faults(dir), JSON.stringify(hostile), { durable: false });
    await expect(readLedger(dir)).rejects.toThrow(/faults\.0\.nodes/);
  });
});

describe('the rules of a fault', () => {
  const cutLinks = (rules: ReturnType<typeof rulesOf>): string[] =>
    rules.map(({ from, to, drop }) => `${from}>${to}:${drop}`).sort();

  it('isolate a node from all others in both directions', () => {
    expect(cutLinks(rulesOf({ type: 'isolate', nodes: [n2], forMs: null }, ALL, null))).toEqual([
      'n1>n2:1',
      'n2>n1:1',
      'n2>n3:1',
      'n3>n2:1',
    ]);
  });

  it('cut between groups and leave each group whole', () => {
    const rules = rulesOf({ type: 'partition', groups: [[n1], [n2, n3]], forMs: null }, ALL, null);
    expect(cutLinks(rules)).toEqual(['n1>n2:1', 'n1>n3:1', 'n2>n1:1', 'n3>n1:1']);
  });

  it('read as one would type them', () => {
    const link = {
      type: 'link',
      from: n1,
      to: n2,
      bothWays: true,
      drop: 0.2,
      delayMs: [80, 120],
      duplicate: 0,
      forMs: null,
    } as const;
    expect(commandOf(link)).toBe('link n1 n2 --drop 0.2 --delay 80ms..120ms --both');
    expect(commandOf({ ...link, bothWays: false, drop: 0, delayMs: [5, 5], duplicate: 1 })).toBe(
      'link n1 n2 --delay 5ms --duplicate 1',
    );
    expect(commandOf({ type: 'partition', groups: [[n1, n2], [n3]], forMs: null })).toBe('partition n1,n2 / n3');
    expect(rulesOf(link, ALL, 9)).toHaveLength(2);
    expect(rulesOf(link, ALL, 9).every(({ until }) => until === 9)).toBe(true);
  });
});

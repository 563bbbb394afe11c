import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { millis, nodeId } from '../../src/base/brand.ts';
import { compareLines, ratios, readBaseline, refuseUnlike } from '../../src/cli/bench-compare.ts';
import { plot, reportLines } from '../../src/cli/bench-report.ts';
import type { BenchResult } from '../../src/cli/bench-result.ts';
import { Tally } from '../../src/cli/bench-tally.ts';
import { UsageMeter } from '../../src/cli/bench-usage.ts';
import type { ClusterPicture } from '../../src/cluster/driver.ts';
import type { MemberStatus } from '../../src/replica/status.ts';
import { fakePicture } from '../support/fake-picture.ts';
import { fakeStatus } from '../support/fake-status.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

function resultWith(changes: Partial<BenchResult> = {}): BenchResult {
  return {
    ...{ mix: 'put', clients: 4, connections: 1, rate: null, valueSize: 100, keys: 10, nodes: 3, readFrom: 'leader' },
    machine: { cores: 2, model: 'a core', node: 'v24' },
    ...{ operations: 1_000, seconds: 1, throughput: 1_000, neverSent: 0, rolesChanged: false },
    latencyMs: { mean: 1, p50: 1, p90: 2, p99: 4, 'p99.9': 8, 'p99.99': 9, max: 10 },
    latenessMs: { p50: 0, p99: 0, max: 0 },
    errors: {},
    usage: [
      { node: 'n1', role: 'leader', coreShare: 0.5, microsPerOperation: 40, memoryBytes: 2 ** 27 },
      { node: 'n2', role: 'follower', coreShare: 0.2, microsPerOperation: 10, memoryBytes: null },
      { node: 'n3', role: 'follower', coreShare: null, microsPerOperation: 30, memoryBytes: null },
    ],
    slices: [],
    ...changes,
  };
}

describe('--compare', () => {
  it('takes what was saved, and refuses another load naming all that differs', () => {
    const file = join(folder, 'saved.json');
    writeFileSync(file, JSON.stringify(resultWith()));
    const saved = readBaseline(file);
    expect(saved).toEqual(resultWith());
    expect(() => refuseUnlike(resultWith({ throughput: 5 }), saved, file)).not.toThrow();
    expect(() => refuseUnlike(resultWith({ rate: 50, clients: 8 }), saved, 'saved.json')).toThrow(
      'saved.json measured another load: clients 8 instead of 4, rate 50 instead of unlimited',
    );
  });

  it.each(['{}', 'no json', '{"mix":"put"}'])('refuses a file that is no measurement: %s', (text) => {
    const file = join(folder, 'other.json');
    writeFileSync(file, text);
    expect(() => readBaseline(file)).toThrow('is no measurement');
    expect(() => readBaseline(join(folder, 'absent.json'))).toThrow('is no measurement');
  });

  it('gives ratios, the processor time by role', () => {
    const now = resultWith({ throughput: 1_500, latencyMs: { ...resultWith().latencyMs, p99: 2 }, usage: [] });
    expect(ratios(now, resultWith())).toMatchObject({ 'operations/s': 1.5, 'p99 ms': 0.5, 'leader us/op': null });
    const text = compareLines(resultWith(), resultWith({ machine: { cores: 4, model: 'a core', node: 'v22' } }), 'f').join('\n');
    expect(text).toMatch(/follower us\/op +20\.0 +20\.0 +1\.00 x/);
    expect(text).toContain('note: then it was 4 x a core, Node v22, now it is 2 x a core, Node v24');
  });
});

describe('the report', () => {
  it('says what the nodes used, and how far the load can be believed', () => {
    const tally = new Tally(0, 1_000);
    tally.succeeded(10, 12);
    tally.wasNeverSent(20, 1_000, 3);
    const measured = tally.result(1_000);
    const text = reportLines(resultWith({ neverSent: 3, rate: 9, rolesChanged: true }), measured, true).join('\n');
    expect(text).toMatch(/n1 +leader +50\.0 % +40\.0 us +128 MiB/);
    expect(text).toMatch(/n3 +follower +- +30\.0 us +-/);
    expect(text).toContain('3 were due and never sent');
    expect(text).toContain('the roles changed');
    expect(measured.latency.count).toBe(4);
  });

  it('draws values over time from nought upwards', () => {
    const slices = [0, 5, 10, 10].map((perSecond) => ({ perSecond, p99Ms: 1 }));
    expect(plot('x', slices, ({ perSecond }) => perSecond, true)).toEqual([
      'x, over time',
      '       10 |  ##',
      '          |  ##',
      '          | ###',
      '        0 | ###',
    ]);
  });
});

describe('UsageMeter', () => {
  it('divides the time of each process by the operations of the same span', async () => {
    const at = (uptimeMs: number, userMs: number, changes: Partial<MemberStatus> = {}): ClusterPicture => {
      const status = { uptimeMs: millis(uptimeMs), processor: { userMs, systemMs: 10 }, ...changes };
      return { ...fakePicture(), nodes: [viewOf(fakeStatus(nodeId('n1'), status))] };
    };
    let picture = at(1_000, 100);
    const driver = { picture: () => picture, refresh: () => Promise.resolve() };
    const meter = new UsageMeter(driver);
    expect(meter.report()).toBeNull();
    await meter.look(0);
    picture = at(3_000, 1_100);
    await meter.look(500);
    const report = meter.report();
    expect(report?.rows[0]).toMatchObject({ node: 'n1', role: 'follower', coreShare: 0.5, memoryBytes: 50_000_000 });
    expect(report?.rows[1]).toMatchObject({ node: null, role: 'this client' });
    expect(report?.rolesChanged).toBe(false);
  });

  it('tells no share of a node that was started anew or does not say, and that the roles changed', async () => {
    const views = [fakeStatus(nodeId('n1'), { uptimeMs: millis(9_000), processor: { userMs: 500, systemMs: 0 } })];
    const driver = { picture: () => ({ ...fakePicture(), nodes: views.map(viewOf) }), refresh: () => Promise.resolve() };
    const meter = new UsageMeter(driver);
    await meter.look(0);
    views[0] = fakeStatus(nodeId('n1'), { role: 'leader', uptimeMs: millis(100), processor: { userMs: 90, systemMs: 0 } });
    await meter.look(10);
    expect(meter.report()).toMatchObject({ rolesChanged: true, rows: [{ coreShare: null, microsPerOperation: null }, {}] });
  });
});

function viewOf(status: MemberStatus): ClusterPicture['nodes'][number] {
  return { id: status.id, url: 'ws://x', pid: null, state: 'up', status, seenAt: 0 };
}

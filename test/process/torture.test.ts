import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHistory } from '../../src/check/check.ts';
import { parseHistory } from '../../src/check/parse-history.ts';
import type { KvClient } from '../../src/cluster/driver.ts';
import { findCluster, processesOf } from '../../src/cluster/native/folder/find-cluster.ts';
import { killNode } from '../../src/cluster/native/process/processes.ts';
import { startOwnCluster } from '../../src/torture/own-cluster.ts';
import { Records } from '../../src/torture/records.ts';
import { reportOf } from '../../src/torture/report.ts';
import { Torture } from '../../src/torture/run.ts';
import { startRotten } from '../support/rotten-node.ts';

const PROGRAM = resolve(import.meta.dirname, '../../bin/raftkv-tui.js');

let folder = '';
let child: ChildProcess | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftkv-torture-test-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  child = null;
  rmSync(folder, { recursive: true, force: true });
});

/** The program itself; `onProgress` hears each line on standard error. */
async function torture(args: readonly string[], onProgress: (line: string) => void = () => {}) {
  const started = spawn(process.execPath, [PROGRAM, 'torture', '--out', folder, '--least', '10', ...args]);
  child = started;
  let out = '';
  started.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  started.stderr.on('data', (chunk: Buffer) => onProgress(chunk.toString()));
  const [exit] = await once(started, 'close');
  return { exit, out };
}

describe('torture', () => {
  it('breaks real nodes, judges what their clients saw, and leaves the proof behind', async () => {
    const kinds = 'kill-leader,hung-disk,power-loss-all,rot';
    const { exit, out } = await torture(['--seconds', '16', '--nodes', '3', '--seed', '5', '--faults', kinds, '--json']);
    const report = JSON.parse(out);
    expect(report, out).toMatchObject({ verdict: 'kept', exit: 0, nodes: 3, seed: 5, broken: [], failed: [], equalState: true });
    expect(exit).toBe(0);
    expect(report.promises['acknowledged-writes'], 'what clients were told is compared').toBeGreaterThan(100);
    expect(Object.keys(report.faults).length).toBeGreaterThan(0);
    expect(report.snapshots.taken, 'the log is compacted while it is broken').toBeGreaterThan(0);
    expect(report).toEqual({ ...JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')), folder });
    const history = parseHistory(readFileSync(join(folder, 'history.ndjson'), 'utf8'));
    expect(history.length).toBeGreaterThanOrEqual(report.acked);
    expect(checkHistory(history).verdict).toBe('linearizable');
    expect(readdirSync(folder).toSorted()).toEqual(['events.ndjson', 'history.ndjson', 'report.json', 'report.txt']);
  });

  it('heals, stops the nodes and says what it knows when it is interrupted', async () => {
    let told = false;
    const { exit, out } = await torture(['--nodes', '3', '--faults', 'pause', '--keep'], (line) => {
      if (!told && line.includes('epoch 1')) child?.kill('SIGINT');
      told ||= line.includes('epoch 1');
    });
    expect([exit, out]).toEqual([130, expect.stringContaining('interrupted')]);
    const { dir, file } = await findCluster({ home: join(folder, 'cluster'), name: 'torture' });
    expect((await processesOf(dir, file)).map(({ state }) => state)).toEqual(['down', 'down', 'down']);
    expect(existsSync(join(folder, 'report.json'))).toBe(true);
    // What is kept is not tortured again: its old values would be taken for lies.
    expect(await torture([])).toMatchObject({ exit: 1 });
  });

  it('refuses kinds that there are not', async () => {
    expect(await torture(['--faults', 'earthquake'])).toMatchObject({ exit: 2 });
  });

  it('convicts a client that was told of a write which never happened', async () => {
    const cluster = await startOwnCluster(folder, 3, 4);
    const records = await Records.open(folder);
    try {
      const result = await new Torture({
        driver: cluster.driver,
        clients: cluster.clients.map(forgetful),
        options: { seed: 1, seconds: 1, kinds: ['transfer'], perSecond: 200, leastPerSecond: 10 },
        onOperation: (operation) => records.add(operation),
        onProgress: () => {},
        signal: new AbortController().signal,
      }).run();
      const report = reportOf(result);
      expect(report).toMatchObject({ verdict: 'broken', exit: 5 });
      await records.finish(result, report, []);
      expect(readFileSync(join(folder, 'culprit-1.html'), 'utf8')).toContain('torture/1/');
    } finally {
      await cluster.end(false);
    }
  });

  it('is ended by a promise that breaks while it runs, in the words of the checker', async () => {
    const cluster = await startOwnCluster(folder, 3, 4);
    try {
      const { dir } = await findCluster({ home: cluster.home, name: 'torture' });
      await killNode(dir, 'n3');
      await startRotten(dir, 'n3');
      // No client of the run reads it: only the hashes of the states can tell.
      await cluster.driver.kv.put('canary', 'sings');
      const result = await new Torture({
        driver: cluster.driver,
        clients: cluster.clients,
        options: { seed: 1, seconds: 60, kinds: ['transfer'], perSecond: 200, leastPerSecond: 10 },
        onOperation: () => {},
        onProgress: () => {},
        signal: new AbortController().signal,
      }).run();
      // States are compared at the end of each epoch; the time is for a dozen.
      expect(result.epochs).toHaveLength(1);
      const report = reportOf(result);
      expect(report).toMatchObject({ verdict: 'broken', exit: 5 });
      expect(report.broken).toContainEqual(
        expect.stringMatching(/^state-machine-safety: the same applied index is the same state: .*"n3":/),
      );
    } finally {
      await cluster.end(false);
    }
  });
});

/** Every tenth put is acknowledged, but something else is written. */
function forgetful(kv: KvClient): KvClient {
  let puts = 0;
  return {
    put: async (key, value, options) => {
      puts += 1;
      return kv.put(key, puts % 10 === 0 ? 'something else' : value, options);
    },
    get: (key, options) => kv.get(key, options),
    delete: (key, options) => kv.delete(key, options),
    cas: (key, expected, value, options) => kv.cas(key, expected, value, options),
    range: (query, options) => kv.range(query, options),
    watch: (query, options) => kv.watch(query, options),
    retryUnknown: (options) => kv.retryUnknown(options),
    history: (key, page, options) => kv.history(key, page, options),
  };
}

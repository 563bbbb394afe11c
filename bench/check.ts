/**
 * How quick is the checker? `node bench/check.ts`: histories of an honest store with concurrent clients, checked from their text on.
 * The clients of one key overlap all the time, which is what makes an order hard to find.
 */

import { type Random, seededRandom } from '../src/base/random.ts';
import { checkHistory } from '../src/check/check.ts';
import { encodeOperation, type Operation } from '../src/check/history.ts';
import { parseHistory } from '../src/check/parse-history.ts';
import { argumentsOf } from './arguments.ts';

argumentsOf(import.meta.filename, {});

interface Load {
  readonly name: string;
  readonly operations: number;
  readonly keys: number;
  readonly clients: number;
  readonly unknown: number;
  readonly revisions: boolean;
}

const LOADS: readonly Load[] = [
  { name: 'the aim for many keys', operations: 20_000, keys: 10, clients: 16, unknown: 0.01, revisions: true },
  { name: 'the same without revisions', operations: 20_000, keys: 10, clients: 16, unknown: 0.01, revisions: false },
  { name: 'the aim for one key', operations: 5_000, keys: 1, clients: 16, unknown: 0.01, revisions: false },
  { name: 'one key, much unknown', operations: 5_000, keys: 1, clients: 8, unknown: 0.05, revisions: false },
  { name: 'one key, long', operations: 100_000, keys: 1, clients: 16, unknown: 0.001, revisions: true },
  { name: 'a long run', operations: 500_000, keys: 500, clients: 64, unknown: 0.005, revisions: true },
];

/** Each client at once begins its next operation; each operation takes effect at one instant in between. */
function honest({ operations, keys, clients, unknown, revisions }: Load, random: Random): Operation[] {
  const free = new Array<number>(clients).fill(0);
  const plans = Array.from({ length: operations }, (_, number) => {
    const client = number % clients;
    const call = (free[client] ?? 0) + random.integer(1, 50);
    const at = call + random.integer(1, 2_000);
    const end = at + random.integer(1, 2_000);
    free[client] = end;
    return { process: `c${client}`, call, at, end, number };
  });
  plans.sort((a, b) => a.at - b.at);
  const data = new Map<string, string>();
  let stored = 0;
  return plans.map(({ process, call, end, number }): Operation => {
    const key = `k${random.integer(0, keys)}`;
    const lost = random.next() < unknown;
    const [kind, value, current] = [random.next(), `v${number}`, data.get(key) ?? null];
    const changes = kind < 0.5 && !(lost && random.next() < 0.5);
    if (changes) {
      data.set(key, value);
      stored += 1;
    }
    const base = {
      process,
      call,
      return: lost ? null : end,
      stale: false,
      revision: revisions && !lost ? stored : null,
    } as const;
    const outcome = lost ? 'unknown' : 'ok';
    if (kind >= 0.5) return { ...base, outcome, op: 'get', key, result: lost ? null : { value: current } };
    if (kind < 0.35) return { ...base, outcome, op: 'put', key, value };
    return { ...base, outcome, op: 'cas', key, expect: current, value, result: lost ? null : { swapped: true, current: value } };
  });
}

for (const load of LOADS) {
  const times: number[] = [];
  let [verdict, states, parseMs] = ['', 0, 0];
  for (let trial = 0; trial < (load.operations > 50_000 ? 1 : 5); trial += 1) {
    const text = honest(load, seededRandom(trial))
      .map((operation) => `${encodeOperation(operation)}\n`)
      .join('');
    const parseFrom = performance.now();
    const history = parseHistory(text);
    const from = performance.now();
    parseMs = from - parseFrom;
    const report = checkHistory(history);
    times.push(performance.now() - from);
    ({ verdict, states } = report);
  }
  const [best, worst] = [Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0));
  const size = `${load.operations} operations, ${load.keys} keys, ${load.clients} clients, ${load.unknown * 100} % unknown`;
  console.log(
    `${load.name} (${size}): ${verdict}, ${best} to ${worst} ms and ${parseMs.toFixed(0)} ms to read, ${states} states`,
  );
}

/** The clients together: what they ask for, what came of it. */
import type { Random } from '../base/random.ts';
import { Client, type ClientParts } from './client.ts';
import type { Operation, OperationAction } from './history.ts';
import type { SimOptions } from './options.ts';

export interface OperationCounts {
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
}

export class Workload {
  readonly #clients: readonly Client[];
  readonly #operations: Operation[] = [];

  constructor(options: SimOptions, random: Random, parts: Omit<ClientParts, 'random' | 'readRandom' | 'draw' | 'options'>) {
    const onOperation = (operation: Operation): void => {
      this.#operations.push(operation);
      parts.onOperation(operation);
    };
    this.#clients = Array.from({ length: options.clients }, (_, i) => {
      const name = `c${i + 1}`;
      const draw: ClientParts['draw'] = (from, place, known) => drawAction(options, from, `${name}.${place}`, known);
      return new Client(name, {
        ...parts,
        onOperation,
        random: random.fork(name),
        readRandom: random.fork(`${name} reads`),
        draw,
        options,
      });
    });
  }

  get operations(): readonly Operation[] {
    return this.#operations;
  }

  get isIdle(): boolean {
    return this.#clients.every((client) => client.isIdle);
  }

  counts(): OperationCounts {
    const counts = { ok: 0, failed: 0, unknown: 0 };
    for (const { result } of this.#operations) counts[result.outcome] += 1;
    return counts;
  }

  /** Whether every client has done something that it began after `sinceMs`. */
  hasProgressed(sinceMs: number): boolean {
    return this.#clients.every((client) => client.succeededFrom >= sinceMs);
  }

  /** The faults are over, those of the clients' own links too. */
  calm(): void {
    for (const client of this.#clients) client.calm();
  }

  stop(): void {
    for (const client of this.#clients) client.stop();
  }
}

/** No value is written twice, so every value read names its write. */
function drawAction(
  { mix, keys, valueUnits }: SimOptions,
  random: Random,
  name: string,
  known: (key: string) => string | null,
): OperationAction {
  const key = `k${random.integer(0, keys)}`;
  let pick = random.next();
  const is = (type: keyof typeof mix): boolean => {
    pick -= mix[type];
    return pick < 0;
  };
  if (is('put')) return { type: 'put', key, value: drawValue(random, name, valueUnits) };
  if (is('get')) return { type: 'get', key };
  if (is('delete')) return { type: 'delete', key };
  if (is('cas')) {
    const expect = random.next() < 0.8 ? known(key) : null;
    return { type: 'cas', key, expect, value: drawValue(random, name, valueUnits) };
  }
  return { type: 'range' };
}

function drawValue(random: Random, name: string, units: number): string {
  const filler = random.next() < 0.1 ? '\0' : 'x';
  return `${name}:${filler.repeat(random.integer(0, units + 1))}`;
}

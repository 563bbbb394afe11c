/** Draws the schedule of faults from the seed. */
import type { NodeId } from '../base/brand.ts';
import type { Random } from '../base/random.ts';
import type { Fault, FaultAction, FaultKind, Target } from './faults.ts';
import { nodeIds, ODDEST_RATES, type SimOptions } from './options.ts';

const QUIET_MS = 300;
const HEELS_MS = 400;
/** In a seed with a storm, every so many-th fault belongs to it. */
const STORM_EVERY = 4;

/** `options.faults` faults over the whole time, in order; at most a minority of the nodes ever meets bit rot. */
export function drawSchedule(options: SimOptions, random: Random): readonly Fault[] {
  const draw = new Draw(options, random);
  const faults: Fault[] = [];
  const { storm } = options;
  const endMs = Math.max(QUIET_MS + 1, options.seconds * 1_000 - QUIET_MS);
  let atMs = 0;
  for (let i = 0; i < options.faults; i += 1) {
    // Troubles seldom come singly: some follow at the heels of another.
    const follows = i > 0 && random.next() < 0.4;
    atMs = follows ? Math.min(endMs, atMs + random.integer(0, HEELS_MS)) : random.integer(QUIET_MS, endMs);
    const drawn = options.faultKinds[random.integer(0, options.faultKinds.length)] ?? 'crash';
    const kind = storm !== null && i % STORM_EVERY === 0 ? storm : drawn;
    faults.push({ ...(draw.action(kind) ?? draw.plainCrash()), atMs });
  }
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

class Draw {
  readonly #random: Random;
  readonly #ids: readonly NodeId[];
  /** The nodes whose disks may rot. */
  readonly #mortal: readonly NodeId[];
  readonly #clocksRunAlike: boolean;

  constructor({ leases, nodes }: SimOptions, random: Random) {
    this.#random = random;
    this.#clocksRunAlike = leases?.clocksRunAlike === true;
    this.#ids = nodeIds(nodes);
    this.#mortal = this.#shuffled().slice(0, (nodes - 1) >> 1);
  }

  plainCrash(): FaultAction {
    return { kind: 'crash', node: this.#target(), downMs: this.#ms(20, 2_000) };
  }

  /** Null for what a cluster of this size cannot meet. */
  action(kind: FaultKind): FaultAction | null {
    return this.#process(kind) ?? this.#network(kind) ?? this.#storm(kind) ?? this.#disk(kind) ?? this.#rest(kind);
  }

  #process(kind: FaultKind): FaultAction | null {
    switch (kind) {
      case 'crash':
        return this.plainCrash();
      case 'crash-point':
        return {
          kind,
          node: this.#target(),
          ...this.#point(),
          power: this.#random.next() < 0.5,
          downMs: this.#random.next() < 0.5 ? this.#ms(0, 60) : this.#ms(60, 1_500),
        };
      case 'power-loss':
        return { kind, nodes: this.#some(), downMs: this.#ms(50, 2_000) };
      case 'pause':
        return { kind, node: this.#target(), forMs: this.#ms(20, 2_500) };
      default:
        return null;
    }
  }

  #network(kind: FaultKind): FaultAction | null {
    const forMs = this.#ms(100, 2_500);
    const [from, to] = this.#shuffled();
    switch (kind) {
      case 'isolate':
        return { kind, node: this.#target(), clockRate: this.#slowRate(), forMs };
      case 'partition':
      case 'bridge':
        return this.#ids.length < 3 ? null : { kind, groups: this.#groups(kind), forMs };
      case 'one-way':
        return { kind, node: this.#target(), direction: this.#random.next() < 0.5 ? 'out' : 'in', forMs };
      case 'one-link':
      case 'reset':
        if (from === undefined || to === undefined) return null;
        return kind === 'reset' ? { kind, from, to } : { kind, from, to, forMs };
      case 'loss':
        return { kind, probability: 0.01 + this.#random.next() * 0.4, forMs };
      case 'duplication':
        return { kind, probability: this.#random.next() * 0.6, forMs };
      case 'delay': {
        const ms = this.#ms(5, 250);
        return { kind, delayMs: [ms, ms], forMs };
      }
      case 'reordering':
        return { kind, delayMs: [0, this.#ms(5, 400)], forMs };
      default:
        return null;
    }
  }

  /** For a leader that is cut off. */
  #slowRate(): number {
    const rate = this.#random.next() < 0.4 ? ODDEST_RATES.slowest + this.#random.next() * 0.2 : 1;
    return this.#clocksRunAlike ? 1 : rate;
  }

  #storm(kind: FaultKind): FaultAction | null {
    switch (kind) {
      case 'echo':
        return { kind, probability: this.#random.next() * 0.5, delayMs: [0, this.#ms(100, 2_500)], forMs: this.#ms(500, 3_000) };
      case 'short-reigns':
        return {
          kind,
          reach: this.#random.next() < 0.4 ? 0 : this.#random.next() * 0.7,
          reignMs: [0, this.#ms(5, 300)],
          awayMs: [10, this.#ms(50, 1_200)],
          crash: this.#random.next() < 0.6,
          untilCommit: this.#random.next() < 0.5,
          campaigns: this.#random.next() < 0.5 ? 0 : this.#random.next() * 0.6,
          forMs: this.#ms(800, 4_000),
        };
      default:
        return null;
    }
  }

  #disk(kind: FaultKind): FaultAction | null {
    const node = this.#target();
    const forMs = this.#ms(100, 2_500);
    switch (kind) {
      case 'slow-disk':
        return { kind, node, delayMs: [this.#ms(1, 50), this.#ms(50, 600)], forMs };
      case 'hung-disk':
      case 'full-disk':
        return { kind, node, forMs };
      case 'sync-error':
      case 'write-error':
        return { kind, node };
      case 'bit-rot': {
        const victim = this.#mortal[this.#random.integer(0, this.#mortal.length)];
        if (victim === undefined) return null;
        const file = (['log', 'log', 'log', 'vote', 'mark', 'snapshot'] as const)[this.#random.integer(0, 6)] ?? 'log';
        return {
          kind,
          node: victim,
          file,
          place: this.#random.next(),
          bit: this.#random.integer(0, 8),
          downMs: this.#ms(20, 1_000),
        };
      }
      default:
        return null;
    }
  }

  #rest(kind: FaultKind): FaultAction | null {
    const node = this.#target();
    const byName = this.#ids[this.#random.integer(0, this.#ids.length)];
    switch (kind) {
      case 'clock-rate':
        return { kind, node, rate: 0.5 + this.#random.next() * (ODDEST_RATES.fastest - 0.5), forMs: this.#ms(200, 4_000) };
      case 'clock-jump':
        return { kind, node, byMs: this.#ms(-3_600_000, 3_600_000) };
      case 'clock-leap':
        return { kind, node, byMs: this.#ms(50, 3_000) };
      case 'transfer':
      case 'campaign':
        return byName === undefined ? null : { kind, node: byName };
      default:
        return null;
    }
  }

  #point(): { readonly file: 'any' | 'log' | 'vote' | 'snapshot'; readonly steps: number } {
    const file = (['any', 'log', 'vote', 'snapshot'] as const)[this.#random.integer(0, 4)] ?? 'any';
    return { file, steps: this.#random.integer(0, file === 'vote' ? 5 : 40) };
  }

  #target(): Target {
    const id = this.#ids[this.#random.integer(0, this.#ids.length)];
    return id === undefined || this.#random.next() < 0.4 ? 'leader' : id;
  }

  /** Often one, sometimes all. */
  #some(): readonly NodeId[] {
    const all = this.#shuffled();
    return this.#random.next() < 0.3 ? all : all.slice(0, this.#random.integer(1, all.length + 1));
  }

  #groups(kind: 'partition' | 'bridge'): readonly (readonly NodeId[])[] {
    const all = this.#shuffled();
    const [bridge] = all;
    const others = kind === 'bridge' ? all.slice(1) : all;
    const cut = this.#random.integer(1, others.length);
    const shared = kind === 'bridge' && bridge !== undefined ? [bridge] : [];
    return [
      [...shared, ...others.slice(0, cut)],
      [...shared, ...others.slice(cut)],
    ];
  }

  #shuffled(): readonly NodeId[] {
    const ids = [...this.#ids];
    for (let i = ids.length - 1; i > 0; i -= 1) {
      const other = this.#random.integer(0, i + 1);
      const [a, b] = [ids[i], ids[other]];
      if (a !== undefined && b !== undefined) [ids[i], ids[other]] = [b, a];
    }
    return ids;
  }

  #ms(from: number, to: number): number {
    return this.#random.integer(from, to + 1);
  }
}

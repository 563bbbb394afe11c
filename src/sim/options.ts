/** What one seed stands for: the size of the cluster, its load, its machines and which faults it meets. */
import { type NodeId, nodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import { type Random, seededRandom } from '../base/random.ts';
import type { CoreLimits } from '../raft/core.ts';
import { AILMENTS, type Ailment } from './ailment.ts';
import type { Span } from './disk.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';

export interface SimOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Virtual seconds of faults, before all is healed. */
  readonly seconds: number;
  readonly clients: number;
  readonly keys: number;
  /** Pause of a client between two operations. */
  readonly thinkMs: Span;
  /** Shares of the operations; they sum up to 1. */
  readonly mix: Readonly<Record<'put' | 'get' | 'delete' | 'cas' | 'range', number>>;
  /** How often a read is put to any node, which answers it from its own state when its leader has named an index. */
  readonly readsAnywhere: number;
  /** Null: a leader asks a majority for each read. */
  readonly leases: Leases | null;
  /** UTF-16 units of the longest values. */
  readonly valueUnits: number;
  /** A client asks another node when there is no answer for so long. */
  readonly attemptMs: number;
  /** A client gives an operation up after so long, and then does not know what became of it. */
  readonly patienceMs: number;
  /** How often a request or an answer of a client is lost, or comes much later. */
  readonly strayShare: number;
  /** How often a client takes a definite refusal for an answer. */
  readonly meekness: number;
  /** One way, on a good day. */
  readonly latencyMs: Span;
  readonly syncMs: Span;
  readonly segmentBytes: number;
  /** A snapshot is taken after so many entries, and so many stay in the log behind it. */
  readonly snapshotEntries: number;
  readonly logTail: number;
  readonly faults: number;
  readonly faultKinds: readonly FaultKind[];
  /** Takes the place of a quarter of the faults. */
  readonly storm: 'echo' | 'short-reigns' | null;
  /** Stays for a while when all else is healed. */
  readonly ailment: Ailment | null;
  /** The leader is killed once more when the load is over. */
  readonly lastCrash: boolean;
  /** Small ones make rare paths common: single entries, a single append in flight, slices of a long backlog. */
  readonly limits: Partial<CoreLimits>;
  readonly applySlice: number;
}

/** How leases and clocks fit together; a clock that leaps fits none. */
export interface Leases {
  /** As long as votes are bound, with clocks that run alike, or so much shorter that clocks may run at the oddest rates that are drawn. */
  readonly leaseMs: number;
  readonly clocksRunAlike: boolean;
  /** How often a read that asks the leader is by lease. */
  readonly share: number;
}

export interface Overrides {
  readonly nodes?: number;
  readonly seconds?: number;
}

const SECONDS = 12;
const NEVER = 1_000_000;
const FEWEST_KINDS = 6;
/** No clock runs so many times as fast as another; nemesis.ts draws the rates. */
export const ODDEST_RATES = { slowest: 0.4, fastest: 2 } as const;

/** The same for the same seed and overrides. */
export function drawOptions(seed: number, overrides: Overrides = {}): SimOptions {
  const random = seededRandom(seed).fork('options');
  const pick = <T>(choices: readonly [T, ...T[]]): T => choices[random.integer(0, choices.length)] ?? choices[0];
  const seconds = overrides.seconds ?? SECONDS;
  const leases = drawLeases(seed);
  return {
    seed,
    nodes: overrides.nodes ?? pick([3, 3, 4, 5, 5, 6, 7]),
    seconds,
    clients: random.integer(2, 7),
    keys: pick([1, 3, 6, 12]),
    thinkMs: pick<Span>([
      [3, 25],
      [20, 120],
      [50, 400],
    ]),
    mix: drawMix(random),
    readsAnywhere: drawReadsAnywhere(seed),
    leases,
    valueUnits: pick([16, 16, 200, 3_000]),
    attemptMs: pick([60, 150, 400, 1_500]),
    patienceMs: pick([200, 1_000, 4_000]),
    strayShare: pick([0, 0.01, 0.1]),
    meekness: pick([0, 0.1, 0.5]),
    latencyMs: pick<Span>([
      [0.1, 0.4],
      [0.2, 3],
      [5, 25],
    ]),
    syncMs: pick<Span>([
      [0.05, 0.3],
      [0.5, 4],
      [2, 20],
    ]),
    segmentBytes: pick([8_192, 32_768, 262_144]),
    faults: Math.max(1, Math.round((random.integer(20, 45) * seconds) / SECONDS)),
    faultKinds: drawKinds(random).filter((kind) => leases === null || fitsLeases(kind, leases)),
    storm: pick<SimOptions['storm']>([null, null, null, 'echo', 'short-reigns', 'short-reigns']),
    ailment: random.next() < 0.3 ? { kind: pick(AILMENTS), ofLeader: random.next() < 0.6 } : null,
    lastCrash: random.next() < 0.4,
    limits: {
      ...pick<SimOptions['limits']>([
        {},
        {},
        {},
        { appendEntries: 1 },
        { appendEntries: 2, inflightAppends: 1 },
        { appendEntries: 3, inflightAppends: 2 },
        { uncommittedEntries: 4 },
      ]),
      looseEntries: drawLooseEntries(seed),
      ...drawCatchUp(seed),
    },
    applySlice: pick([512, 512, 1, 5]),
    snapshotEntries: pick([20, 40, 90, 200, 400, NEVER]),
    logTail: pick([0, 3, 20, 60]),
  };
}

export function nodeIds(count: number): readonly NodeId[] {
  return Array.from({ length: count }, (_, i) => nodeId(`n${i + 1}`));
}

/** From a stream of its own, so that all other draws of a seed are what they were before there were such reads. */
function drawReadsAnywhere(seed: number): number {
  const random = seededRandom(seed).fork('reads anywhere');
  if (random.next() >= 0.25) return 0;
  return random.next() < 0.5 ? 1 : 0.5;
}

/** From a stream of its own too: nobody outside of a log can tell which of its entries are packed. */
function drawLooseEntries(seed: number): number {
  return [0, 5, LIMITS.looseEntries][seededRandom(seed).fork('loose entries').integer(0, 3)] ?? 0;
}

/** How long the log is kept for whoever is behind, and in what portions it is sent: with little of both, more snapshots travel. */
function drawCatchUp(
  seed: number,
): Pick<CoreLimits, 'heldEntries' | 'firstCatchUpBytes' | 'catchUpBytes' | 'inflightCatchUpBytes'> {
  const random = seededRandom(seed).fork('catch-up');
  const heldEntries = [0, 0, 30, LIMITS.heldEntries][random.integer(0, 4)] ?? 0;
  const { catchUpBytes, firstCatchUpBytes, inflightCatchUpBytes } = LIMITS;
  if (random.next() < 0.5) return { heldEntries, catchUpBytes, firstCatchUpBytes, inflightCatchUpBytes };
  return { heldEntries, catchUpBytes: 400, firstCatchUpBytes: 100, inflightCatchUpBytes: 2_000 };
}

function drawLeases(seed: number): Leases | null {
  const random = seededRandom(seed).fork('lease');
  if (random.next() >= 0.2) return null;
  const clocksRunAlike = random.next() < 0.7;
  const share = random.next() < 0.5 ? 1 : 0.5;
  const { slowest, fastest } = ODDEST_RATES;
  return { leaseMs: clocksRunAlike ? LIMITS.electionMs : (LIMITS.electionMs * slowest) / fastest, clocksRunAlike, share };
}

function fitsLeases(kind: FaultKind, { clocksRunAlike }: Leases): boolean {
  return kind !== 'clock-leap' && !(kind === 'clock-rate' && clocksRunAlike);
}

/** Each seed has its own mixture, so that rare combinations are common in some. */
function drawKinds(random: Random): readonly FaultKind[] {
  const share = 0.25 + random.next() * 0.75;
  const drawn = FAULT_KINDS.filter(() => random.next() < share);
  const missing = FAULT_KINDS.filter((kind) => !drawn.includes(kind)).slice(0, Math.max(0, FEWEST_KINDS - drawn.length));
  return [...drawn, ...missing];
}

function drawMix(random: Random): SimOptions['mix'] {
  const weights = {
    put: 1 + random.next(),
    get: 0.5 + random.next(),
    delete: random.next() * 0.3,
    cas: random.next(),
    range: random.next() * 0.3,
  };
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  const share = (weight: number): number => weight / sum;
  return {
    put: share(weights.put),
    get: share(weights.get),
    delete: share(weights.delete),
    cas: share(weights.cas),
    range: share(weights.range),
  };
}

/** For people: name and value, one a line. */
export function optionsTable(options: SimOptions): readonly (readonly [name: string, value: string])[] {
  const span = ([from, to]: Span, unit: string): string => `${from} to ${to} ${unit}`;
  const { ailment, leases } = options;
  const limits = Object.entries(options.limits).map(([name, limit]) => `${name} ${limit}`);
  const mix = Object.entries(options.mix).map(([name, share]) => `${name} ${Math.round(share * 100)} %`);
  return [
    ['seed', String(options.seed)],
    ['nodes', String(options.nodes)],
    ['virtual seconds', String(options.seconds)],
    ['clients', `${options.clients}, an operation every ${span(options.thinkMs, 'ms')}`],
    [
      'patience',
      `${options.attemptMs} ms for an answer, ${options.patienceMs} ms for an operation, ${options.meekness * 100} % of refusals accepted, ${options.strayShare * 100} % of messages astray`,
    ],
    ['operations', mix.join(', ')],
    ['reads', `${options.readsAnywhere * 100} % put to any node`],
    [
      'leases',
      leases === null
        ? 'none'
        : `${leases.leaseMs} ms, clocks run ${leases.clocksRunAlike ? 'alike' : 'oddly'}, ${leases.share * 100} % of reads by lease`,
    ],
    ['keys', `${options.keys}, values up to ${options.valueUnits} characters`],
    ['latency', span(options.latencyMs, 'ms')],
    ['sync', span(options.syncMs, 'ms')],
    ['segment', `${options.segmentBytes} bytes`],
    ['limits', `${limits.join(', ') || 'as usual'}, ${options.applySlice} entries applied at a time`],
    ['snapshots', `every ${options.snapshotEntries} entries, ${options.logTail} entries kept behind them`],
    ['faults', `${options.faults} of ${options.faultKinds.length} kinds: ${options.faultKinds.join(', ')}`],
    ['storm', options.storm ?? 'none'],
    ['left unhealed', ailment === null ? 'nothing' : `${ailment.kind} ${ailment.ofLeader ? 'leader' : 'node'}`],
    ['last crash', options.lastCrash ? 'of the leader, when the load is over' : 'none'],
  ];
}

/** One seed from the beginning to the verdict: faults, then healing, then everything must work and be the same everywhere. */
import { assert } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import { seededRandom } from '../base/random.ts';
import { HistoryCheck } from '../check/check.ts';
import type { Message, Role } from '../raft/messages.ts';
import { afflict } from './ailment.ts';
import type { ClientPlants } from './client.ts';
import { SimCluster } from './cluster.ts';
import type { Fault, FaultKind } from './faults.ts';
import { historyOf, type Operation } from './history.ts';
import { Injector } from './injector.ts';
import { drawSchedule } from './nemesis.ts';
import type { SimNode } from './node.ts';
import type { SimOptions } from './options.ts';
import { Trace, type TraceLine } from './trace.ts';
import { type OperationCounts, Workload } from './workload.ts';

export interface SimSetting {
  readonly options: SimOptions;
  /** In place of the schedule that the seed draws. */
  readonly schedule?: readonly Fault[];
  readonly plants?: ClientPlants;
  readonly onTrace?: (line: TraceLine) => void;
}

/** A broken property. */
export interface Failure {
  /** What was promised, in words. */
  readonly invariant: string;
  readonly message: string;
  readonly step: number;
  readonly atMs: number;
  readonly last: readonly TraceLine[];
}

export interface SimResult {
  readonly options: SimOptions;
  readonly schedule: readonly Fault[];
  /** The same for the same seed and the same code. */
  readonly hash: string;
  readonly failure: Failure | null;
  readonly figures: SimFigures;
  readonly operations: readonly Operation[];
}

export interface SimFigures {
  readonly steps: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly operations: OperationCounts;
  readonly committed: number;
  readonly elections: number;
  readonly restarts: number;
  /** Logs that were found damaged, and logs that others made whole again. */
  readonly repairs: { readonly begun: number; readonly done: number };
  readonly snapshots: { readonly taken: number; readonly installed: number };
  readonly messages: number;
  /** From the healing until every client had succeeded; null when that never came. */
  readonly progressMs: number | null;
  /** From then until all nodes were equal. */
  readonly convergenceMs: number | null;
  /** The search for an order of the operations came to its end; false when its budget was too small, null before it began. */
  readonly historyChecked: boolean | null;
}

/** Virtual time that a healed cluster gets, for each of the two: progress and convergence. */
const PATIENCE_MS = 15_000;
const SUPERVISOR_MS = 500;
/** An election may still be due when something ails; in as long again there must be none. */
const SETTLING_MS = 3_000;
const LAST_LINES = 40;
/** Configurations that the search may visit. */
const SEARCH_BUDGET = 1_000_000;

export function simulate(setting: SimSetting): SimResult {
  return new Simulation(setting).run();
}

class Simulation {
  readonly #setting: SimSetting;
  readonly #trace: Trace;
  readonly #cluster: SimCluster;
  readonly #injector: Injector;
  readonly #workload: Workload;
  readonly #schedule: readonly Fault[];
  #progressMs: number | null = null;
  #convergenceMs: number | null = null;
  #historyChecked: boolean | null = null;

  constructor(setting: SimSetting) {
    const { options, plants } = setting;
    const random = seededRandom(options.seed);
    const note = (who: string, what: string | Message): void => this.#trace.note(who, what);
    this.#setting = setting;
    this.#schedule = setting.schedule ?? drawSchedule(options, random.fork('nemesis'));
    const { nodes, latencyMs, syncMs, segmentBytes, leases, limits, applySlice } = options;
    const onDown = (node: SimNode, byItself: boolean): void => {
      if (byItself) this.#injector.restartLater(node, SUPERVISOR_MS);
    };
    const snapshotPolicy = { entries: options.snapshotEntries, share: 0, tailEntries: options.logTail, chunkBytes: 512 };
    const knobs = {
      limits: { ...limits, snapshotPieceBytes: 700 },
      applySlice,
      ...(leases === null ? {} : { leaseMs: leases.leaseMs }),
    };
    const onRole = (id: NodeId, role: Role): void => this.#injector.began(id, role);
    const onTurn = (node: SimNode): void => this.#injector.turned(node);
    const parts = { random, nodes, latencyMs, syncMs, segmentBytes, snapshotPolicy, knobs };
    const cluster = new SimCluster({ ...parts, note, onDown, onRole, onTurn });
    this.#cluster = cluster;
    this.#trace = new Trace(() => cluster.queue.now, setting.onTrace ?? null);
    this.#injector = new Injector({ cluster, random: random.fork('injector'), note });
    this.#injector.schedule(this.#schedule);
    this.#workload = new Workload(options, random.fork('workload'), {
      queue: cluster.queue,
      nodes: cluster.nodes,
      latency: () => cluster.network.latency(),
      referee: cluster.referee,
      plants: plants ?? {},
      onOperation: (operation) => note(operation.process, operationWords(operation)),
    });
  }

  run(): SimResult {
    let failure: Failure | null = null;
    try {
      this.#cluster.start();
      const end = this.#setting.options.seconds * 1_000;
      while (this.#cluster.step(end));
      this.#recover();
      this.#checkEnd();
    } catch (error) {
      failure = this.#failureOf(error);
    }
    const { options } = this.#setting;
    const figures = this.#figures();
    const operations = this.#workload.operations;
    return { options, schedule: this.#schedule, hash: this.#trace.hash(), failure, figures, operations };
  }

  /** Progress for every client, then the same state everywhere, each within bounded virtual time. */
  #recover(): void {
    this.#injector.heal();
    this.#workload.calm();
    this.#bearAilment();
    const healedAt = this.#cluster.queue.now;
    this.#until('a healed cluster makes progress', () => this.#workload.hasProgressed(healedAt));
    this.#progressMs = this.#cluster.queue.now - healedAt;
    this.#workload.stop();
    this.#until('what was begun comes to an end', () => this.#workload.isIdle);
    // The next leader must find out by itself what the last one had not told yet.
    if (this.#setting.options.lastCrash) this.#crashLeader();
    const quietAt = this.#cluster.queue.now;
    this.#until('healed nodes become equal', () => this.#cluster.areEqual());
    this.#convergenceMs = this.#cluster.queue.now - quietAt;
  }

  /** With one part still broken, the others go on, and a leader whom a majority hears stays. */
  #bearAilment(): void {
    const { ailment } = this.#setting.options;
    const cure = ailment === null ? null : afflict(this.#cluster, ailment);
    if (cure === null) return;
    const { queue } = this.#cluster;
    this.#trace.note('sim', `still ailing: ${ailment?.kind}`);
    const sinceMs = queue.now;
    this.#until('a cluster with one ailing part makes progress', () => this.#workload.hasProgressed(sinceMs));
    this.#cluster.until(() => false, SETTLING_MS);
    // Votes may be split until then and longer, which deposes nobody.
    this.#until('a cluster with one ailing part is led', () => this.#cluster.isLed());
    const { elections } = this.#cluster;
    this.#cluster.until(() => false, SETTLING_MS);
    assert(this.#cluster.elections === elections, 'a leader that a majority hears is not deposed', () => ({
      ailment,
      elections: this.#cluster.elections - elections,
      nodes: this.#cluster.standings(),
    }));
    this.#trace.note('sim', 'cured');
    cure();
  }

  #crashLeader(): void {
    const leader = this.#cluster.leader();
    if (leader === null) return;
    leader.crash('killed when the load was over');
    this.#injector.restartLater(leader, SUPERVISOR_MS);
  }

  #until(what: string, done: () => boolean): void {
    const came = this.#cluster.until(done, PATIENCE_MS);
    assert(came, what, () => ({ limitMs: PATIENCE_MS, nodes: this.#cluster.standings() }));
  }

  #checkEnd(): void {
    const { referee, nodes } = this.#cluster;
    for (const node of nodes.values()) referee.checkLast(node);
    for (const { action, result } of this.#workload.operations) {
      if (action.type !== 'put' && action.type !== 'cas') continue;
      if (result.outcome === 'failed' || (result.outcome === 'ok' && result.type === 'cas' && !result.swapped))
        referee.checkNeverHappened(action.value);
    }
    this.#checkHistory();
  }

  /** By the clients' word alone: some order of the operations explains all answers. */
  #checkHistory(): void {
    const check = new HistoryCheck(historyOf(this.#workload.operations), { budget: SEARCH_BUDGET });
    while (check.advance());
    const { verdict, violations } = check.report();
    assert(verdict !== 'not-linearizable', 'the history is linearizable', () => violations);
    this.#historyChecked = verdict === 'linearizable';
  }

  #failureOf(error: unknown): Failure {
    const message = error instanceof Error ? error.message : String(error);
    const [invariant = message] = message.split(': {');
    return {
      invariant: invariant.split(': [')[0] ?? invariant,
      message,
      step: this.#trace.steps,
      atMs: this.#cluster.queue.now,
      last: this.#trace.last(LAST_LINES),
    };
  }

  #figures(): SimFigures {
    return {
      steps: this.#trace.steps,
      virtualMs: this.#cluster.queue.now,
      faults: Object.fromEntries(this.#injector.counts),
      operations: this.#workload.counts(),
      committed: this.#cluster.referee.commitIndex,
      elections: this.#cluster.elections,
      restarts: this.#cluster.ends,
      repairs: this.#cluster.repairs,
      snapshots: this.#cluster.snapshots,
      messages: this.#cluster.network.sent,
      progressMs: this.#progressMs,
      convergenceMs: this.#convergenceMs,
      historyChecked: this.#historyChecked,
    };
  }
}

function operationWords({ action, callMs, result }: Operation): string {
  const key = 'key' in action ? ` ${action.key}` : '';
  const value = 'value' in action ? ` ${action.value.slice(0, 12)}` : '';
  const revision = result.outcome === 'ok' ? ` at revision ${result.revision}` : '';
  return `${action.type}${key}${value} ${result.outcome}${revision}, begun ${callMs.toFixed(3)}`;
}

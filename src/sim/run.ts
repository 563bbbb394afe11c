/** One seed from the beginning to the verdict: faults, then healing, then everything must work and be the same everywhere. */
import { assert } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { HistoryCheck } from '../check/check.ts';
import type { Transport } from '../replica/ports.ts';
import type { ClientPlants } from './client.ts';
import { EventQueue } from './event-queue.ts';
import type { Fault, FaultKind } from './faults.ts';
import { historyOf, type Operation } from './history.ts';
import { Injector } from './injector.ts';
import { drawSchedule } from './nemesis.ts';
import { messageWords, SimNetwork } from './network.ts';
import { type Plants, SimNode } from './node.ts';
import { nodeIds, type SimOptions } from './options.ts';
import { Referee } from './referee.ts';
import { Trace, type TraceLine } from './trace.ts';
import { type OperationCounts, Workload } from './workload.ts';

export interface SimSetting {
  readonly options: SimOptions;
  /** In place of the schedule that the seed draws. */
  readonly schedule?: readonly Fault[];
  readonly plants?: Plants & ClientPlants;
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
  /** Nodes that refused to start since their disk had rotted. */
  readonly refused: number;
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
const LAST_LINES = 40;
/** Configurations that the search may visit. */
const SEARCH_BUDGET = 1_000_000;

export function simulate(setting: SimSetting): SimResult {
  return new Simulation(setting).run();
}

class Simulation {
  readonly #setting: SimSetting;
  readonly #random: Random;
  readonly #queue = new EventQueue();
  readonly #trace: Trace;
  readonly #referee = new Referee();
  readonly #nodes = new Map<NodeId, SimNode>();
  readonly #network: SimNetwork;
  readonly #injector: Injector;
  readonly #workload: Workload;
  readonly #schedule: readonly Fault[];
  #elections = 0;
  #restarts = 0;
  #progressMs: number | null = null;
  #convergenceMs: number | null = null;
  #historyChecked: boolean | null = null;

  constructor(setting: SimSetting) {
    const { options } = setting;
    const queue = this.#queue;
    const note = (who: string, what: string): void => this.#trace.note(who, what);
    this.#setting = setting;
    this.#random = seededRandom(options.seed);
    this.#trace = new Trace(() => queue.now, setting.onTrace ?? null);
    this.#schedule = setting.schedule ?? drawSchedule(options, this.#random.fork('nemesis'));
    this.#network = this.#createNetwork();
    for (const id of nodeIds(options.nodes)) this.#nodes.set(id, this.#createNode(id));
    this.#injector = new Injector({ queue, nodes: this.#nodes, network: this.#network, leader: () => this.#leader(), note });
    this.#injector.schedule(this.#schedule);
    this.#workload = new Workload(options, this.#random.fork('workload'), {
      queue,
      nodes: this.#nodes,
      latency: () => this.#network.latency(),
      referee: this.#referee,
      plants: setting.plants ?? {},
      onOperation: (operation) => note(operation.process, operationWords(operation)),
    });
  }

  run(): SimResult {
    let failure: Failure | null = null;
    try {
      for (const node of this.#nodes.values()) node.start();
      const end = this.#setting.options.seconds * 1_000;
      while (this.#queue.step(end));
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
    const healedAt = this.#queue.now;
    this.#injector.heal();
    this.#workload.calm();
    this.#until('a healed cluster makes progress', () => this.#workload.hasProgressed(healedAt));
    this.#progressMs = this.#queue.now - healedAt;
    this.#workload.stop();
    const quietAt = this.#queue.now;
    this.#until('healed nodes become equal', () => this.#workload.isIdle && this.#areEqual());
    this.#convergenceMs = this.#queue.now - quietAt;
  }

  #until(what: string, done: () => boolean): void {
    const end = this.#queue.now + PATIENCE_MS;
    for (let steps = 0; ; steps += 1) {
      // Asked now and then: it may look at every node.
      if (steps % 8 === 0 && done()) return;
      const stepped = this.#queue.step(end);
      assert(stepped || done(), what, () => ({ limitMs: PATIENCE_MS, nodes: this.#standings() }));
      if (!stepped) return;
    }
  }

  #areEqual(): boolean {
    const lives = [...this.#nodes.values()].filter(({ state }) => state !== 'refused');
    const [first] = lives;
    const lastIndex = first?.replica?.coreStatus().lastIndex;
    return (
      this.#leader() !== null &&
      lives.every(({ replica }) => replica?.appliedIndex === lastIndex && replica?.coreStatus().lastIndex === lastIndex)
    );
  }

  #checkEnd(): void {
    const referee = this.#referee;
    for (const node of this.#nodes.values()) referee.checkLast(node);
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

  #createNetwork(): SimNetwork {
    const { options } = this.#setting;
    return new SimNetwork({
      queue: this.#queue,
      random: this.#random.fork('network'),
      latencyMs: options.latencyMs,
      lifeOf: (id) => this.#nodes.get(id)?.life ?? 0,
      deliver: (message) => {
        const node = this.#nodes.get(message.to);
        node?.enter(node.life, () => {
          this.#trace.note(message.to, messageWords(message));
          node.replica?.receive(message);
        });
      },
    });
  }

  #createNode(id: NodeId): SimNode {
    const { options, plants } = this.#setting;
    const { transport } = this.#network;
    const watched: Transport = {
      send: (message) => {
        this.#referee.sent(message);
        transport.send(message);
      },
    };
    return new SimNode({
      id,
      queue: this.#queue,
      random: this.#random.fork(id),
      configuration: { voters: nodeIds(options.nodes), outgoing: [], learners: [] },
      syncMs: options.syncMs,
      segmentBytes: options.segmentBytes,
      network: watched,
      plants: plants ?? {},
      onRecovered: (_, recovered) => this.#referee.restarted(id, recovered),
      onTurn: (node) => this.#referee.observe(node),
      onEvent: (_, event) => {
        if (event.type !== 'role') return;
        if (event.role === 'leader') this.#elections += 1;
        this.#trace.note(id, `becomes ${event.role} of term ${event.term}: ${event.reason}`);
      },
      onDown: (node, why, byItself) => this.#onDown(node, why, byItself),
    });
  }

  #onDown(node: SimNode, why: string, byItself: boolean): void {
    const { id } = node;
    this.#trace.note(id, `down: ${why}`);
    this.#restarts += 1;
    this.#referee.ended(id);
    if (byItself) this.#injector.restartLater(node, SUPERVISOR_MS);
    if (why === 'power lost') return;
    for (const other of this.#nodes.values()) {
      if (other === node || this.#injector.isCut(id, other.id)) continue;
      const { life } = other;
      this.#queue.after(this.#network.latency(), () => other.enter(life, () => other.replica?.peerClosed(id)));
    }
  }

  #leader(): SimNode | null {
    let found: { readonly node: SimNode; readonly term: number } | null = null;
    for (const node of this.#nodes.values()) {
      const status = node.replica?.coreStatus();
      if (status?.role === 'leader' && status.term > (found?.term ?? -1)) found = { node, term: status.term };
    }
    return found?.node ?? null;
  }

  #standings(): readonly unknown[] {
    return [...this.#nodes.values()].map(({ id, state, replica }) => {
      const status = replica?.coreStatus();
      const { role, term, leader, lastIndex, commitIndex } = status ?? {};
      return { id, state, role, term, leader, lastIndex, commitIndex, applied: replica?.appliedIndex };
    });
  }

  #failureOf(error: unknown): Failure {
    const message = error instanceof Error ? error.message : String(error);
    const [invariant = message] = message.split(': {');
    return {
      invariant: invariant.split(': [')[0] ?? invariant,
      message,
      step: this.#trace.steps,
      atMs: this.#queue.now,
      last: this.#trace.last(LAST_LINES),
    };
  }

  #figures(): SimFigures {
    return {
      steps: this.#trace.steps,
      virtualMs: this.#queue.now,
      faults: Object.fromEntries(this.#injector.counts),
      operations: this.#workload.counts(),
      committed: this.#referee.commitIndex,
      elections: this.#elections,
      restarts: this.#restarts,
      refused: [...this.#nodes.values()].filter(({ state }) => state === 'refused').length,
      messages: this.#network.sent,
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

/** Sets and heals faults: first the record, then the deed, so that whatever was done can be undone by somebody else. */
import { randomInt } from 'node:crypto';
import type { NodeId } from '../../../base/brand.ts';
import { seededRandom } from '../../../base/random.ts';
import { type FaultPlan, NO_FAULTS } from '../../../fault/plan.ts';
import type { ActionResult, ClusterAction, FaultKind, NodeState } from '../../driver.ts';
import { ClusterError, messageOf } from '../cluster-error.ts';
import { withControl } from '../folder/control-lock.ts';
import { killNode, nodeProcess, pauseNode, resumeNode, spawnNode, stopNode } from '../process/processes.ts';
import {
  type Ledger,
  planOf,
  type RecordedFault,
  readLedger,
  withChangedLink,
  withFault,
  withFormerLink,
  withoutFaults,
  withoutNodes,
  writeLedger,
} from './ledger.ts';
import { MAX_FAULTS, MAX_LINK_RULES, MAX_NODE_RULES } from './ledger-limits.ts';
import { commandOf, type LinkAction, nodesOf, type ProcessAction, rulesOf } from './link-rules.ts';
import { type ClockAction, type DiskAction, nodeCommand, nodeRules } from './node-rules.ts';
import { losePower, readOperations } from './power-loss.ts';
import { mostRotten, rotLog } from './rot.ts';

type PowerLossAction = Extract<ClusterAction, { readonly type: 'power-loss' }>;
type RotAction = Extract<ClusterAction, { readonly type: 'rot' }>;
type RuleAction = LinkAction | DiskAction | ClockAction;
export type FaultAction = ProcessAction | RuleAction | PowerLossAction;

/** A node of such a fault is down until it is healed. */
const DOWN_KINDS: readonly FaultKind[] = ['kill', 'power-loss'];

/** How a plan reaches a running node: resolves once the node has it. */
export type PushPlan = (node: NodeId, plan: FaultPlan) => Promise<void>;

export interface FaultsOptions {
  readonly dir: string;
  readonly nodes: readonly NodeId[];
  /** Who sets faults through this object: `cli`, or a console's id. */
  readonly owner: string;
  readonly push: PushPlan;
}

export class Faults {
  readonly #options: FaultsOptions;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** Sets a fault. Rejects with a ClusterError that says why nothing could be done. */
  set(action: FaultAction): Promise<ActionResult> {
    return this.#changing(async (ledger) => {
      if (ledger.faults.length >= MAX_FAULTS) throw new ClusterError(`${MAX_FAULTS} faults are active: heal some first.`);
      switch (action.type) {
        case 'kill':
          return this.#kill(ledger, action);
        case 'power-loss':
          return this.#losePower(ledger, action);
        case 'pause':
          return this.#pause(ledger, action);
        default:
          return this.#setRules(ledger, action);
      }
    });
  }

  /** Starts nodes that are down, and stops and starts those that are not. Ends their kill and pause faults. */
  restart(nodes: readonly NodeId[]): Promise<ActionResult> {
    return this.#changing(async (ledger) => {
      await writeLedger(this.#options.dir, withoutNodes(ledger, nodes, [...DOWN_KINDS, 'pause']));
      const pids = await Promise.all(
        nodes.map(async (node) => {
          await stopNode(this.#options.dir, node);
          return (await spawnNode(this.#options.dir, node)).pid;
        }),
      );
      return { text: `restarted ${withPids(nodes, pids)}`, fault: null };
    });
  }

  /** Lets paused nodes go on. Ends their pause faults. */
  resume(nodes: readonly NodeId[]): Promise<ActionResult> {
    return this.#changing(async (ledger) => {
      const states = await this.#states(nodes);
      const paused = nodes.filter((node) => states.get(node) === 'paused');
      if (paused.length === 0) throw new ClusterError(`${describe(nodes, states)}: there is nothing to resume.`);
      const left = withoutNodes(ledger, nodes, ['pause']);
      await writeLedger(this.#options.dir, left);
      await Promise.all(paused.map((node) => resumeNode(this.#options.dir, node)));
      await this.#pushTo(paused, left);
      return { text: `resumed ${paused.join(', ')}`, fault: null };
    });
  }

  /** Heals one fault, or all with null. */
  heal(id: number | null): Promise<ActionResult> {
    return this.#changing(async (ledger) => {
      if (id !== null && !ledger.faults.some((fault) => fault.id === id)) {
        const active = ledger.faults.map((fault) => fault.id).join(', ');
        throw new ClusterError(`There is no active fault ${id}${active === '' ? '' : `; active are ${active}`}.`);
      }
      return this.#end(ledger, (fault) => id === null || fault.id === id);
    });
  }

  /** Heals the newest fault. */
  undo(): Promise<ActionResult> {
    return this.#changing(async (ledger) => {
      const newest = ledger.faults.at(-1);
      if (newest === undefined) throw new ClusterError('No fault is active: there is nothing to undo.');
      return (await this.#takeBack(ledger, newest)) ?? this.#end(ledger, (fault) => fault === newest);
    });
  }

  /** A link that was changed several times goes back one step; null when there is none. */
  async #takeBack(ledger: Ledger, newest: RecordedFault): Promise<ActionResult | null> {
    const former = withFormerLink(ledger, newest, Date.now());
    if (former === null) return null;
    await writeLedger(this.#options.dir, former.ledger);
    const unreached = await this.#push(former.ledger);
    const text = `undid ${newest.command}: back to ${former.ledger.faults.at(-1)?.command}`;
    return { text: unreached === '' ? text : `${text} (${unreached})`, fault: former.id };
  }

  /** Heals what `owner` has set: it has ended. */
  endOwner(owner: string): Promise<ActionResult> {
    return this.#changing((ledger) => this.#end(ledger, (fault) => fault.owner === owner));
  }

  /** Heals the faults whose time is over at `now` (wall-clock milliseconds). Cheap when there are none. */
  async expire(now: number): Promise<ActionResult | null> {
    const due = (fault: RecordedFault): boolean => fault.until !== null && fault.until <= now;
    const { faults } = await readLedger(this.#options.dir);
    return faults.some(due) ? this.#changing((ledger) => this.#end(ledger, due)) : null;
  }

  async #changing<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    return withControl(this.#options.dir, async () => work(await readLedger(this.#options.dir)));
  }

  async #kill(ledger: Ledger, action: ProcessAction): Promise<ActionResult> {
    const states = await this.#states(action.nodes);
    const alive = action.nodes.filter((node) => states.get(node) !== 'down');
    if (alive.length === 0) throw new ClusterError(`${describe(action.nodes, states)} already.`);
    const fault = this.#record('kill', `kill ${alive.join(',')}`, alive, action.forMs);
    const next = withFault(withoutNodes(ledger, alive, ['pause']), fault);
    await writeLedger(this.#options.dir, next.ledger);
    const pids = await Promise.all(alive.map((node) => killNode(this.#options.dir, node)));
    return { text: `killed ${withPids(alive, pids)}`, fault: next.id };
  }

  /** All die before any disk is looked at: they share the socket. */
  async #losePower(ledger: Ledger, { nodes, seed, forMs }: PowerLossAction): Promise<ActionResult> {
    const { dir } = this.#options;
    for (const node of nodes) await readOperations(dir, node);
    const fault = this.#record('power-loss', `power-loss ${nodes.join(',')}`, nodes, forMs);
    const next = withFault(withoutNodes(ledger, nodes, [...DOWN_KINDS, 'pause']), fault);
    await writeLedger(dir, next.ledger);
    await Promise.all(nodes.map((node) => killNode(dir, node)));
    const random = seededRandom(seed ?? randomInt(2 ** 32));
    const words: string[] = [];
    for (const node of nodes) words.push(`${node} (${await losePower(dir, node, random.fork(node))} changes not synced)`);
    return { text: `power lost on ${words.join(', ')}`, fault: next.id };
  }

  /** Damages the logs of nodes and starts them again: they find it. Never heals by itself here; the cluster may repair it. */
  rot(action: RotAction): Promise<ActionResult> {
    return this.#changing(async (ledger) => {
      const { dir } = this.#options;
      const rotten = [...new Set([...ledger.rotten, ...action.nodes])];
      refuseMajority(rotten, this.#options.nodes.length, action.force);
      await writeLedger(dir, { ...withoutNodes(ledger, action.nodes, [...DOWN_KINDS, 'pause']), rotten });
      const random = seededRandom(action.seed ?? randomInt(2 ** 32));
      const words: string[] = [];
      for (const node of action.nodes) {
        await killNode(dir, node);
        words.push(`${node} (${await rotLog(dir, node, random.fork(node))})`);
        await spawnNode(dir, node);
      }
      return { text: `damaged ${words.join(', ')}`, fault: null };
    });
  }

  async #pause(ledger: Ledger, action: ProcessAction): Promise<ActionResult> {
    const states = await this.#states(action.nodes);
    const up = action.nodes.filter((node) => states.get(node) === 'up');
    if (up.length === 0) throw new ClusterError(`${describe(action.nodes, states)}: there is nothing to pause.`);
    const next = withFault(ledger, this.#record('pause', `pause ${up.join(',')}`, up, action.forMs));
    await writeLedger(this.#options.dir, next.ledger);
    const pids = await Promise.all(up.map((node) => pauseNode(this.#options.dir, node)));
    return { text: `paused ${withPids(up, pids)}`, fault: next.id };
  }

  async #setRules(ledger: Ledger, action: RuleAction): Promise<ActionResult> {
    const onNodes = action.type === 'disk' || action.type === 'clock';
    const command = onNodes ? nodeCommand(action) : commandOf(action);
    const record = this.#record(action.type, command, onNodes ? action.nodes : nodesOf(action), action.forMs);
    const rules = onNodes ? nodeRules(action, record.until) : { links: rulesOf(action, this.#options.nodes, record.until) };
    const whole = { ...record, ...rules };
    const changes = action.type === 'link' && action.instead === true;
    const next = changes ? withChangedLink(ledger, whole) : withFault(ledger, whole);
    refuseTooMany(planOf(next.ledger));
    await writeLedger(this.#options.dir, next.ledger);
    const unreached = await this.#push(next.ledger);
    return { text: unreached === '' ? command : `${command} (${unreached})`, fault: next.id };
  }

  #record(
    kind: RecordedFault['kind'],
    command: string,
    nodes: readonly NodeId[],
    forMs: number | null,
  ): Omit<RecordedFault, 'id'> {
    const since = Date.now();
    const until = forMs === null ? null : since + forMs;
    return { kind, command, nodes: [...nodes], ...NO_FAULTS, since, until, owner: this.#options.owner };
  }

  /** Heals the faults that `ended` picks. Paused nodes go on first: they cannot hear of anything else before. */
  async #end(ledger: Ledger, ended: (fault: RecordedFault) => boolean): Promise<ActionResult> {
    const { dir } = this.#options;
    const over = ledger.faults.filter(ended);
    if (over.length === 0) return { text: 'no fault is active', fault: null };
    const left = withoutFaults(ledger, ended);
    const still = (node: NodeId, kinds: readonly FaultKind[]): boolean =>
      left.faults.some(({ kind, nodes }) => kinds.includes(kind) && nodes.includes(node));
    const affected = (kinds: readonly FaultKind[], holding: readonly FaultKind[]): readonly NodeId[] =>
      [...new Set(over.filter(({ kind }) => kinds.includes(kind)).flatMap(({ nodes }) => nodes))].filter(
        (node) => !still(node, holding),
      );
    const resumed = affected(['pause'], ['pause']);
    await Promise.all(resumed.map((node) => resumeNode(dir, node)));
    await writeLedger(dir, left);
    const ruled = over.some(({ links, disks, clocks }) => links.length + disks.length + clocks.length > 0);
    const unreached = ruled ? await this.#push(left) : await this.#pushTo(resumed, left);
    // A node stops by itself when its disk fails.
    const states = await this.#states(affected([...DOWN_KINDS, 'disk'], DOWN_KINDS));
    await Promise.all([...states].map(([node, state]) => (state === 'down' ? spawnNode(dir, node) : null)));
    const text = `healed ${over.map((fault) => fault.command).join(', ')}`;
    return { text: unreached === '' ? text : `${text} (${unreached})`, fault: null };
  }

  /** Sends the plan to all nodes that run; says in words who could not be told. */
  async #push(ledger: Ledger): Promise<string> {
    const states = await this.#states(this.#options.nodes);
    return this.#pushTo(
      this.#options.nodes.filter((node) => states.get(node) === 'up'),
      ledger,
    );
  }

  async #pushTo(nodes: readonly NodeId[], ledger: Ledger): Promise<string> {
    const plan = planOf(ledger);
    const results = await Promise.all(
      nodes.map((node) =>
        this.#options.push(node, plan).then(
          () => null,
          (error: unknown) => `${node} could not be told: ${messageOf(error)}`,
        ),
      ),
    );
    return results.filter((result) => result !== null).join('; ');
  }

  async #states(nodes: readonly NodeId[]): Promise<ReadonlyMap<NodeId, NodeState>> {
    const found = await Promise.all(nodes.map((node) => nodeProcess(this.#options.dir, node)));
    return new Map(nodes.map((node, place) => [node, found[place]?.state ?? 'down']));
  }
}

function refuseMajority(rotten: readonly NodeId[], count: number, force: boolean): void {
  if (force || rotten.length <= mostRotten(count)) return;
  throw new ClusterError(
    `With ${rotten.join(', ')} a majority of ${count} would have been damaged, and acknowledged writes could be lost. Damage a node a second time, or add --force.`,
  );
}

function refuseTooMany({ links, disks, clocks }: FaultPlan): void {
  if (links.length <= MAX_LINK_RULES && disks.length <= MAX_NODE_RULES && clocks.length <= MAX_NODE_RULES) return;
  throw new ClusterError(
    `All faults together may have ${MAX_LINK_RULES} rules for links and ${MAX_NODE_RULES} each for disks and clocks: heal some first.`,
  );
}

function withPids(nodes: readonly NodeId[], pids: readonly (number | null)[]): string {
  return nodes.map((node, place) => (pids[place] == null ? node : `${node} (pid ${pids[place]})`)).join(', ');
}

function describe(nodes: readonly NodeId[], states: ReadonlyMap<NodeId, NodeState>): string {
  return nodes.map((node) => `${node} is ${states.get(node) ?? 'unknown'}`).join(', ');
}

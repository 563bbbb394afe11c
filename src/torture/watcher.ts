/** Looks on while a cluster is tortured: who leads, who ended unasked, how long event loops stood still, what became of snapshots. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterDriver, ClusterEvent, PromiseCheck } from '../cluster/driver.ts';

const REMEMBERED = 4_096;
/** The window over which a node tells its longest stall; afterwards one that was meant is no longer in it. */
const STALL_WINDOW_MS = 21_000;

export class Watcher {
  readonly events: ClusterEvent[] = [];
  /** Nodes that ended though nothing was done to them that may end one. */
  readonly ended: string[] = [];
  longestStallMs = 0;
  leaderChanges = 0;
  /** By all nodes, as they told of it. */
  readonly snapshots = { taken: 0, installed: 0 };
  readonly #driver: ClusterDriver;
  readonly #excused = new Set<NodeId>();
  /** Until when a stall of a node is one of ours. */
  readonly #stalled = new Map<NodeId, number>();
  readonly #stop: readonly (() => void)[];
  #leader: NodeId | null;
  #term: number;

  constructor(driver: ClusterDriver) {
    this.#driver = driver;
    const { leader, term } = driver.picture();
    this.#leader = leader;
    this.#term = term;
    const past = Date.now();
    this.#stop = [
      driver.onPicture(() => this.#look()),
      driver.onEvent((event) => {
        if (event.time >= past) this.#heard(event);
      }),
    ];
  }

  /** As the driver checks them on what the nodes tell; empty where nobody checks. */
  get promises(): readonly PromiseCheck[] {
    return this.#driver.checks()?.promises ?? [];
  }

  /** What broke, in words; also what the answers to the driver's own calls have shown. */
  get broken(): readonly string[] {
    const checks = this.#driver.checks();
    if (checks === null) return [];
    const { promises, traffic } = checks;
    const broken = promises.filter(({ state }) => state === 'broken').map(({ id, detail }) => `${id}: ${detail}`);
    return traffic.verdict === 'not-linearizable' ? [...broken, `not linearizable: ${traffic.detail}`] : broken;
  }

  /** What is done to these nodes may end them; `stalls`: or make them stand still. */
  excuse(nodes: readonly NodeId[], stalls: boolean): void {
    for (const node of nodes) {
      this.#excused.add(node);
      if (stalls) this.#stalled.set(node, performance.now() + STALL_WINDOW_MS);
    }
  }

  /** All is healed: from now on nobody may end. */
  endExcuses(): void {
    this.#excused.clear();
  }

  stop(): void {
    for (const end of this.#stop) end();
  }

  #look(): void {
    const { leader, term, nodes } = this.#driver.picture();
    if (leader !== null && (leader !== this.#leader || term !== this.#term)) {
      if (this.#leader !== null) this.leaderChanges += 1;
      this.#leader = leader;
      this.#term = term;
    }
    const now = performance.now();
    for (const { id, status } of nodes) {
      if (status === null || (this.#stalled.get(id) ?? 0) > now) continue;
      this.longestStallMs = Math.max(this.longestStallMs, status.loopDelay.maxMs);
    }
  }

  #heard(event: ClusterEvent): void {
    if (this.events.length < REMEMBERED) this.events.push(event);
    const { raft } = event;
    if (raft?.type === 'snapshot' && raft.state !== 'sending') this.snapshots[raft.state] += 1;
    const unasked = event.kind === 'process' && event.severity === 'error' && event.node !== null;
    if (unasked && event.node !== null && !this.#excused.has(event.node)) this.ended.push(`${event.node} ${event.text}`);
  }
}

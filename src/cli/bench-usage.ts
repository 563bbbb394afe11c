/** What the nodes and this program have used while they were measured. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterDriver, NodeView } from '../cluster/driver.ts';

/** One process, over the measured time. Null is what it did not tell. */
export interface Usage {
  /** Null for this program. */
  readonly node: NodeId | null;
  readonly role: string;
  /** Of one core: 1 is a core that was always busy. */
  readonly coreShare: number | null;
  /** User and system time for one operation of the whole load. */
  readonly microsPerOperation: number | null;
  readonly memoryBytes: number | null;
}

export interface UsageReport {
  readonly rows: readonly Usage[];
  /** An election or a restart came in between: what a role costs is not told by these numbers. */
  readonly rolesChanged: boolean;
}

/** The processor time of one process at one moment, in milliseconds. */
interface Reading {
  readonly busyMs: number;
  readonly atMs: number;
}

interface Look {
  readonly nodes: readonly NodeView[];
  readonly self: Reading;
  readonly completed: number;
  readonly atMs: number;
}

const PATIENCE_MS = 2_000;

/** Looks at the nodes at the beginning and at the end of the measured time. */
export class UsageMeter {
  readonly #driver: Pick<ClusterDriver, 'picture' | 'refresh'>;
  readonly #looks: Look[] = [];

  constructor(driver: Pick<ClusterDriver, 'picture' | 'refresh'>) {
    this.#driver = driver;
  }

  async look(completed: number): Promise<void> {
    const atMs = performance.now();
    const { user, system } = process.cpuUsage();
    await this.#driver.refresh(PATIENCE_MS);
    this.#looks.push({
      nodes: this.#driver.picture().nodes,
      self: { busyMs: (user + system) / 1_000, atMs },
      completed,
      atMs,
    });
  }

  /** Null when nothing was measured to the end. */
  report(): UsageReport | null {
    const [from, to] = this.#looks;
    if (from === undefined || to === undefined) return null;
    const perMs = (to.completed - from.completed) / (to.atMs - from.atMs);
    const rows = to.nodes.map((node) => nodeUsage(from.nodes.find(({ id }) => id === node.id) ?? null, node, perMs));
    const share = shareOf(from.self, to.self);
    const self: Usage = {
      node: null,
      role: 'this client',
      coreShare: share,
      microsPerOperation: microsOf(share, perMs),
      memoryBytes: process.memoryUsage.rss(),
    };
    const rolesChanged = to.nodes.some((node, i) => !isSame(from.nodes[i], node));
    return { rows: [...rows, self], rolesChanged };
  }
}

function nodeUsage(before: NodeView | null, { id, state, status }: NodeView, perMs: number): Usage {
  const share = shareOf(readingOf(before), readingOf({ status }));
  return {
    node: id,
    role: state === 'up' ? (status?.role ?? 'unknown') : state,
    coreShare: share,
    microsPerOperation: microsOf(share, perMs),
    memoryBytes: status?.memoryBytes ?? null,
  };
}

function readingOf(node: Pick<NodeView, 'status'> | null): Reading | null {
  const { processor, uptimeMs } = node?.status ?? {};
  if (processor === undefined || uptimeMs === undefined) return null;
  return { busyMs: processor.userMs + processor.systemMs, atMs: uptimeMs };
}

function shareOf(from: Reading | null, to: Reading | null): number | null {
  if (from === null || to === null || to.atMs <= from.atMs || to.busyMs < from.busyMs) return null;
  return (to.busyMs - from.busyMs) / (to.atMs - from.atMs);
}

function microsOf(share: number | null, operationsPerMs: number): number | null {
  return share === null || operationsPerMs <= 0 ? null : (share / operationsPerMs) * 1_000;
}

function isSame(before: NodeView | undefined, after: NodeView): boolean {
  return before?.status?.role === after.status?.role && before?.status?.term === after.status?.term;
}

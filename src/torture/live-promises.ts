/** Promises of Raft that can be seen from the statuses of the nodes while the cluster runs. */
import type { NodeId, Term } from '../base/brand.ts';
import type { ClusterPicture } from '../cluster/driver.ts';
import type { MemberStatus } from '../replica/status.ts';

/** Hashes of the state behind the newest index that are remembered, for nodes that lag. */
const KEPT_INDEXES = 4_096;

/** What a node said last, and the process that said it. */
interface Known {
  readonly pid: number | null;
  readonly status: MemberStatus;
}

export class LivePromises {
  /** In words, at most one for each way of breaking. */
  readonly broken = new Map<string, string>();
  /** Comparisons that were made. */
  checked = 0;
  readonly #known = new Map<NodeId, Known>();
  readonly #leaders = new Map<Term, NodeId>();
  readonly #states = new Map<number, { readonly hash: number; readonly node: NodeId }>();

  look({ nodes }: ClusterPicture): void {
    for (const { id, pid, status } of nodes) {
      const known = this.#known.get(id);
      if (status === null || known?.status === status) continue;
      this.#known.set(id, { pid, status });
      // A status is one moment of its node: whatever it says was true together.
      this.#oneLeader(status);
      this.#equalStates(status);
      if (known !== undefined) this.#noWayBack(known, { pid, status });
    }
  }

  #oneLeader({ id, role, term }: MemberStatus): void {
    if (role !== 'leader') return;
    const other = this.#leaders.get(term) ?? id;
    this.#leaders.set(term, other);
    this.#hold(other === id, 'one leader', `${other} and ${id} both lead term ${term}`);
  }

  /** Term and vote are on the disk: no crash and no loss of power takes them back. The commit index may, with the process. */
  #noWayBack(before: Known, now: Known): void {
    const { id, term, votedFor, commitIndex } = now.status;
    const old = before.status;
    this.#hold(term >= old.term, 'terms', `the term of ${id} went back from ${old.term} to ${term}`);
    const kept = term !== old.term || old.votedFor === null || old.votedFor === votedFor;
    this.#hold(kept, 'one vote', `${id} voted for ${old.votedFor} and then for ${votedFor} in term ${term}`);
    if (before.pid !== now.pid) return;
    const restarted = now.status.uptimeMs < old.uptimeMs;
    this.#hold(
      restarted || commitIndex >= old.commitIndex,
      'commit',
      `${id} had committed ${old.commitIndex} and now ${commitIndex}`,
    );
  }

  #equalStates({ id, checkpoints }: MemberStatus): void {
    for (const { index, hash } of checkpoints) {
      const known = this.#states.get(index);
      if (known === undefined) this.#states.set(index, { hash, node: id });
      else this.#hold(known.hash === hash, 'states', `at index ${index} ${id} has state ${hash} and ${known.node} ${known.hash}`);
    }
    for (const [index] of this.#states) {
      if (this.#states.size <= KEPT_INDEXES) break;
      this.#states.delete(index);
    }
  }

  #hold(holds: boolean, promise: string, text: string): void {
    this.checked += 1;
    if (!holds && !this.broken.has(promise)) this.broken.set(promise, text);
  }
}

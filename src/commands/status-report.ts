/** The cluster in rows, for `status` on every surface. */
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';

/** The shape that `status --json` promises. */
export function statusJson(picture: ClusterPicture): unknown {
  return {
    cluster: picture.name,
    dir: picture.dir,
    leader: picture.leader,
    term: picture.term,
    nodes: picture.nodes.map((node) => ({ id: node.id, url: node.url, pid: node.pid, state: node.state, ...numbers(node) })),
    faults: picture.faults.map(({ id, command, since, until, owner }) => ({ id, command, since, until, owner })),
  };
}

/** A node that is not up has no role; its numbers are the newest that it told. */
function numbers({ state, status }: NodeView): Record<string, unknown> {
  return {
    role: state === 'up' ? (status?.role ?? null) : null,
    repairing: state === 'up' && (status?.repairing ?? false),
    term: status?.term ?? 0,
    lastIndex: status?.lastIndex ?? 0,
    commitIndex: status?.commitIndex ?? 0,
    appliedIndex: status?.appliedIndex ?? 0,
    keys: status?.keys ?? 0,
  };
}

function roleWord({ state, status }: NodeView): string {
  if (state !== 'up') return state;
  return status?.repairing ? 'repairing' : (status?.role ?? 'starting');
}

export function statusLines(picture: ClusterPicture): readonly string[] {
  const up = picture.nodes.filter((node) => node.state === 'up').length;
  const leads = picture.leader === null ? 'no leader' : `${picture.leader} leads`;
  const rows = picture.nodes.map((node) => [
    node.id,
    roleWord(node),
    ...[node.status?.term, node.status?.commitIndex, node.status?.appliedIndex, node.status?.lastIndex, node.status?.keys].map(
      (value) => (value === undefined ? '-' : String(value)),
    ),
    node.pid === null ? '-' : String(node.pid),
    node.url,
  ]);
  const faults = picture.faults.map((fault) => `fault ${fault.id}: ${fault.command}`);
  return [
    `${picture.name}  ${up}/${picture.nodes.length} up  T${picture.term}  ${leads}`,
    ...columns([['NODE', 'ROLE', 'TERM', 'COMMIT', 'APPLIED', 'LAST', 'KEYS', 'PID', 'URL'], ...rows], [2, 3, 4, 5, 6, 7]),
    ...faults,
  ];
}

/** Cells padded to their column's width; those in `right` to the right. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

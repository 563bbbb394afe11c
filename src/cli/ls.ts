import { listClusters } from '../cluster/native/lifecycle.ts';
import { columns } from '../commands/status-report.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';

export async function runLs({ io, globals }: Invocation): Promise<number> {
  const clusters = await (globals.home === null ? listClusters() : listClusters(globals.home));
  const rows = clusters.map(({ name, dir, nodes, problem }) => {
    const up = nodes.filter((node) => node.state !== 'down').length;
    return [name, problem === null ? `${up}/${nodes.length} up` : 'damaged', problem ?? dir];
  });
  const lines =
    rows.length === 0
      ? ['no clusters here yet; begin with: raftkv-tui start']
      : columns([['CLUSTER', 'NODES', 'FOLDER'], ...rows]);
  await print(io, globals, lines, {
    clusters: clusters.map(({ name, dir, nodes, createdAt, problem }) => ({
      name,
      dir,
      createdAt,
      problem,
      nodes: nodes.map(({ id, url, pid, state }) => ({ id, url, pid, state })),
    })),
  });
  return 0;
}

/** The end of a cluster: its nodes, or its data as well. */
import { findCluster, removeCluster, stopCluster } from '../cluster/native/lifecycle.ts';
import { UsageError } from '../commands/command.ts';
import { ask, canAsk } from './ask.ts';
import type { Globals, Invocation } from './io.ts';
import { print } from './print.ts';

export async function runStop({ io, globals }: Invocation): Promise<number> {
  const stopped = await stopCluster(which(globals));
  const line =
    stopped.length === 0 ? `no node of ${globals.cluster} was running` : `stopped ${stopped.join(', ')} of ${globals.cluster}`;
  await print(io, globals, [line], { cluster: globals.cluster, stopped });
  return 0;
}

/** Destroys data, so the name must be typed, or --yes said. */
export async function runRm({ io, globals }: Invocation): Promise<number> {
  const { dir, file } = await findCluster(which(globals));
  if (!globals.yes) {
    if (!canAsk(io))
      throw new UsageError('rm deletes all data of the cluster', { next: 'add --yes to do it without being asked' });
    const answer = await ask(
      io,
      `All data of ${file.nodes.length} nodes in ${dir} will be deleted. Type ${file.name} to go on: `,
    );
    if (answer?.trim() !== file.name) {
      io.err.write('nothing was deleted\n');
      return 1;
    }
  }
  const deleted = await removeCluster(which(globals));
  await print(io, globals, [`deleted ${deleted}`], { cluster: file.name, deleted });
  return 0;
}

export function which(globals: Globals): { readonly home?: string; readonly name: string } {
  return globals.home === null ? { name: globals.cluster } : { home: globals.home, name: globals.cluster };
}

import { UsageError } from '../commands/command.ts';
import { parseInteger } from '../commands/flags.ts';
import type { Invocation } from './io.ts';

export async function runNodeCommand({ options }: Invocation): Promise<number> {
  const file = options['config'];
  if (typeof file !== 'string') throw new UsageError('node needs --config FILE', { next: 'see raftkv-tui node --help' });
  const { runNode } = await import('../node/main.ts');
  return runNode(file, options['acceptDataLoss'] === true);
}

export async function runGuardCommand({ options }: Invocation): Promise<number> {
  const { dir, owner, at, fault } = options;
  if (typeof dir !== 'string') throw new UsageError('guard needs --dir DIR');
  const number = (value: unknown, name: string): number | null =>
    typeof value === 'string' ? parseInteger(value, name, 0, Number.MAX_SAFE_INTEGER) : null;
  const { runGuard } = await import('../cluster/native/faults/guard.ts');
  return runGuard({
    dir,
    owner: typeof owner === 'string' ? owner : null,
    stopNodes: options['stopNodes'] === true,
    at: number(at, '--at'),
    fault: number(fault, '--fault'),
  });
}

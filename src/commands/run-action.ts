import type { ClusterAction, ClusterDriver } from '../cluster/driver.ts';
import type { CommandResult } from './command.ts';

/** Carries out one action and says in a line what was done. */
export async function runAction(driver: ClusterDriver, action: ClusterAction): Promise<CommandResult> {
  const done = await driver.act(action);
  const id = done.fault === null ? '' : `  fault ${done.fault}: undo or heal ${done.fault} ends it`;
  return { lines: [`${done.text}${id}`], json: { done: done.text, fault: done.fault }, exit: 0 };
}

import type { ClusterAction, ClusterDriver } from '../cluster/driver.ts';
import type { CommandResult } from './command.ts';

/** Carries out one action and says in a line what was done. */
export async function runAction(driver: ClusterDriver, action: ClusterAction): Promise<CommandResult> {
  const done = await driver.act(action);
  const changed = action.type === 'link' && action.instead === true;
  const end = changed ? `undo takes this back, heal ${done.fault} ends it` : `undo or heal ${done.fault} ends it`;
  const id = done.fault === null || action.type === 'undo' ? '' : `  fault ${done.fault}: ${end}`;
  return { lines: [`${done.text}${id}`], json: { done: done.text, fault: done.fault }, exit: 0 };
}

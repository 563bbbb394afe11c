import type { ClusterAction } from '../cluster/driver.ts';

/** The nodes that `leader`, `minority` or no word at all stands for in a line: `n1,n2`; empty where the line names them itself. */
export function unnamedIn(line: string, action: ClusterAction | null): string {
  if (action === null || !('nodes' in action)) return '';
  const words = line.split(/[\s,]+/);
  return action.nodes.every((id) => words.includes(id)) ? '' : action.nodes.join(',');
}

/** What would happen, and to whom. */
export function namingWhom(line: string, action: ClusterAction | null, text: string): string {
  const nodes = unnamedIn(line, action);
  return nodes === '' || text.startsWith(`${nodes} `) ? text : `${nodes}: ${text}`;
}

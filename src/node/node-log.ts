/** One line of JSON per happening on stderr, which the launcher points at `node.log`. JSON escapes control characters. */
export type NodeLog = (level: 'info' | 'warn' | 'error', message: string, detail?: Readonly<Record<string, unknown>>) => void;

/** How the messages of a node begin that is still reading what it knows; whoever waits for it looks for them. */
export const STARTING = 'starting';

export function openNodeLog(node: string): NodeLog {
  return (level, message, detail = {}) => {
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), node, level, message, ...detail })}\n`);
  };
}

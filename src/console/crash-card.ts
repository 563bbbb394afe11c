/** What is left to say when the console itself has failed, once the terminal is the user's again. */

import { safe } from '../base/safe.ts';
import { timeText } from '../commands/wording.ts';
import type { ConsoleState } from './state.ts';

const LAST_EVENTS = 10;

/** Lines for stderr. The cluster is not affected by the failure of its console, and the card says so. */
export function crashCard(error: unknown, state: ConsoleState | null): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const events = state?.events.items.slice(-LAST_EVENTS) ?? [];
  return [
    'The console met a fault of its own and has stopped. Nothing that was acknowledged is lost.',
    '',
    ...stack.split('\n').map((line) => `  ${safe(line)}`),
    '',
    ...(state === null
      ? []
      : [`  view ${state.view}, ${state.size.columns}x${state.size.rows}, Node ${process.versions.node}, ${process.platform}`]),
    ...(events.length === 0
      ? []
      : [
          '  the last events:',
          ...events.map((event) => `    ${timeText(event.time)} ${safe(event.node ?? '--')} ${safe(event.text)}`),
        ]),
    '',
    'Please report it with these lines. `raftkv-tui ls` shows the cluster, `raftkv-tui attach` opens it again.',
    '',
  ].join('\n');
}

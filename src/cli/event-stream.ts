/** A cluster without a screen: its events, line by line, until somebody interrupts. */
import { safe } from '../base/safe.ts';
import type { ClusterDriver, ClusterEvent } from '../cluster/driver.ts';
import { jsonLine } from '../commands/render-result.ts';
import { statusJson, statusLines } from '../commands/status-report.ts';
import { interruptSignal } from './interrupt.ts';
import type { CliIo } from './io.ts';

const EXIT_ON: Partial<Record<NodeJS.Signals, number>> = { SIGTERM: 143, SIGHUP: 129 };

/** Resolves with the exit code after SIGINT (0), SIGTERM or SIGHUP. The first line is the state of the cluster. */
export async function streamEvents(io: CliIo, driver: ClusterDriver, plain: boolean): Promise<number> {
  const interrupt = interruptSignal();
  const picture = driver.picture();
  const first = plain ? statusLines(picture).map(safe).join('\n') : jsonLine({ type: 'status', status: statusJson(picture) });
  io.out.write(`${first}\n`);
  const stop = driver.onEvent((event) => io.out.write(`${eventLine(event, plain)}\n`));
  const signal = await interrupt.interrupted;
  interrupt.done();
  stop();
  return EXIT_ON[signal] ?? 0;
}

export function eventLine(event: ClusterEvent, plain: boolean): string {
  return plain ? eventText(event) : jsonLine({ type: 'event', ...event });
}

function eventText(event: ClusterEvent): string {
  const time = new Date(event.time).toISOString().slice(11, 23);
  return safe(`${time} ${(event.node ?? '--').padEnd(3)} ${event.kind.padEnd(8)} ${event.text}`);
}

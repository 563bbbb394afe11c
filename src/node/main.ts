import { InvariantViolation } from '../base/assert.ts';
import { ConfigError, loadConfig } from './load-config.ts';
import { openNodeLog } from './node-log.ts';
import { READY_VARIABLE, readyWord } from './ready-word.ts';
import { setGarbageCollection } from './runtime.ts';
import { type RunningNode, startNode } from './start-node.ts';

/** Exit codes of a node process, after sysexits.h; `start` turns them into words. */
const EXIT = { ok: 0, failed: 1, bug: 70, disk: 74, config: 78 } as const;

/** Runs one node in the foreground until SIGTERM or SIGINT; resolves with the exit code. */
export async function runNode(configFile: string, acceptLoss = false): Promise<number> {
  setGarbageCollection();
  const stopped = Promise.withResolvers<number>();
  let node: RunningNode | null = null;
  const log = openNodeLog(configFile);
  const fatal = (error: Error): void => {
    const bug = error instanceof InvariantViolation || error.name === 'TypeError';
    log('error', 'fatal', { error: error.message, stack: error.stack });
    // Stopping at once is the safe answer: nothing more may be promised on a disk or a state that cannot be trusted.
    process.exit(bug ? EXIT.bug : EXIT.disk);
  };
  process.on('unhandledRejection', (reason) => fatal(reason instanceof Error ? reason : new Error(String(reason))));
  process.on('uncaughtException', fatal);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log('info', 'stopping', { signal });
      // Whatever it was reading it can read again: nothing has been promised yet.
      if (node === null) return stopped.resolve(EXIT.ok);
      node.stop().then(() => stopped.resolve(EXIT.ok), fatal);
    });
  }
  try {
    const onServing = readyWord(process.env[READY_VARIABLE]);
    const config = await loadConfig(configFile);
    const starting = startNode(config, { onFatal: fatal, acceptLoss, onServing }).then((started) => {
      node = started;
    });
    await Promise.race([starting, stopped.promise]);
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    log('error', 'cannot start', { error: message });
    return error instanceof ConfigError ? EXIT.config : isDiskError(error) ? EXIT.disk : EXIT.failed;
  }
  return stopped.promise;
}

function isDiskError(error: unknown): boolean {
  return error instanceof Error && error.name === 'StorageError';
}

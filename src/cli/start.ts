import { LIMITS } from '../base/limits.ts';
import { type StartedCluster, type StartOptions, type StartProgress, startCluster } from '../cluster/native/lifecycle.ts';
import { UsageError } from '../commands/command.ts';
import { formatElapsed } from '../commands/duration.ts';
import { parseInteger } from '../commands/flags.ts';
import { statusJson } from '../commands/status-report.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { StatusLine } from './status-line.ts';
import { which } from './stop.ts';

export async function runStart(invocation: Invocation): Promise<number> {
  const { io, globals, options } = invocation;
  const wanted = startOptions(invocation);
  const line = new StatusLine(io.err, globals.quiet);
  const detach = options['detach'] === true;
  const started = await startCluster(
    { ...wanted, detach },
    progressTeller(line, () => void preload(invocation, detach).catch(() => {})),
  ).finally(() => line.end());
  if (detach) return summarise(invocation, started);
  if (started.hold?.ownsNodes !== true) io.err.write('the nodes were running already; they go on running after this\n');
  const [{ openCluster }, { firstLook, watchCluster }] = await looking();
  const driver = await openCluster(started.file.name, { ...home(globals), ...started.hold });
  await firstLook(driver);
  return watchCluster(invocation, driver);
}

/** What looks at the nodes afterwards, which they do not wait for; it takes as long to load as they take to start. */
const looking = () => Promise.all([import('../cluster/native/driver.ts'), import('./open-console.ts')]);

/** A failure shows when it is needed. */
async function preload(invocation: Invocation, detach: boolean): Promise<void> {
  if (!detach) (await looking())[1].preloadConsole(invocation);
  else if (invocation.globals.json) await import('../cluster/native/driver.ts');
}

function startOptions({ globals, args, options }: Invocation): StartOptions {
  const number = (value: unknown, name: string, least: number, most: number): number | undefined =>
    typeof value === 'string' ? parseInteger(value, name, least, most) : undefined;
  if (globals.urls.length > 0)
    throw new UsageError('start works on this machine', { next: 'attach opens a cluster by its urls' });
  const count = number(args[0], 'COUNT', 1, LIMITS.maxNodes);
  const basePort = number(options['basePort'], '--base-port', 1, 65_535);
  const heartbeatMs = number(options['heartbeatMs'], '--heartbeat-ms', 5, 10_000);
  const electionMs = number(options['electionMs'], '--election-ms', 20, 60_000);
  const snapshotEntries = number(options['snapshotEntries'], '--snapshot-entries', 1, 1_000_000_000);
  const historyChanges = number(options['history'], '--history', 0, 10_000_000);
  return {
    ...which(globals),
    ...(count === undefined ? {} : { count }),
    ...(basePort === undefined ? {} : { basePort }),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    ...(electionMs === undefined ? {} : { electionMs }),
    ...(options['leaseReads'] === true ? { leaseReads: true } : {}),
    ...(snapshotEntries === undefined ? {} : { snapshotEntries }),
    ...(historyChanges === undefined ? {} : { historyChanges }),
    ...(options['operationLog'] === true ? { operationLog: true } : {}),
  };
}

function home(globals: Invocation['globals']): { readonly home?: string } {
  return globals.home === null ? {} : { home: globals.home };
}

/** `onSpawned`: all nodes of a cluster are on their way. */
function progressTeller(line: StatusLine, onSpawned: () => void): (progress: StartProgress) => void {
  let total = 0;
  let spawned = 0;
  const loading = new Map<string, string>();
  return (progress) => {
    if (progress.type === 'created' || progress.type === 'resumed') {
      total = progress.nodes;
      line.show(`${progress.type} ${progress.dir}`);
    } else if (progress.type === 'spawned') {
      spawned += 1;
      line.show(`nodes up ${spawned}/${total}`);
      if (spawned === total) onSpawned();
    } else if (progress.type === 'loading') {
      loading.set(progress.node, progress.text);
      line.show([...loading].map(([node, text]) => `${node} ${text}`).join(', '));
    } else {
      line.show(`leader ${progress.node}, term ${progress.term}`);
    }
  };
}

async function summarise({ io, globals }: Invocation, started: StartedCluster): Promise<number> {
  const { file, leader, term, created, launched, tookMs } = started;
  const flag = globals.cluster === 'default' ? '' : ` --cluster ${globals.cluster}`;
  const what = launched.length === 0 ? 'was running' : created ? 'created' : 'resumed';
  const lines = [
    `${file.name} ${what}: ${file.nodes.length} nodes, ${leader} leads term ${term}, ready in ${formatElapsed(tookMs)}`,
    ...file.nodes.map((node) => `  ${node.id}  ${node.url}`),
    `  put:    raftkv-tui put hello world${flag}`,
    `  watch:  raftkv-tui attach${flag}`,
    `  stop:   raftkv-tui stop${flag}`,
  ];
  if (!globals.json) {
    await print(io, globals, lines, null);
    return 0;
  }
  const driver = await io.open(globals, { watch: false });
  try {
    await driver.refresh(1_000);
    await print(io, globals, [], statusJson(driver.picture()));
  } finally {
    await driver.close();
  }
  return 0;
}

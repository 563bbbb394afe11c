/** Changes of keys as they happen, in order, each once, though nodes and connections come and go. */
import { type ErrorKind, RpcError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { checkResult } from '../../wire/check.ts';
import type { ParamsInput } from '../../wire/methods.ts';
import type { WatchEvent, WatchOptions } from '../driver.ts';
import { messageOf } from '../native/cluster-error.ts';
import type { Connection } from './connection.ts';
import type { ConnectionPool, Endpoint } from './connection-pool.ts';
import { Deadline, LATE } from './deadline.ts';
import type { WatchNotice, WatchRouter } from './watch-router.ts';

export interface WatchParts {
  readonly pool: ConnectionPool;
  readonly router: WatchRouter;
  /** The nodes that may be asked. */
  readonly endpoints: () => readonly Endpoint[];
  /** The revision of the store now: no write that was acknowledged before is beyond it. */
  readonly newest: (deadline: Deadline) => Promise<number>;
  readonly deadlineMs: number;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
/** What one node may take to connect, and then to agree. */
const PATIENCE_MS = 2_000;

/** Refusals that no other node and no later moment changes. */
const HOPELESS: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'INVALID_PARAMS',
  'TOO_LARGE',
  'METHOD_NOT_FOUND',
  'UNAUTHENTICATED',
  'FORBIDDEN',
]);

/** Ends when it is cancelled. Throws RpcError, COMPACTED when no node in reach remembers what comes next. */
export async function* watchKeys(
  parts: WatchParts,
  query: ParamsInput<'kv.watch'>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent, void, void> {
  const watching = new Watching(parts, query, options);
  try {
    for (let event = await watching.take(); event !== null; event = await watching.take()) yield event;
  } finally {
    watching.stop();
  }
}

class Watching {
  readonly #parts: WatchParts;
  readonly #query: ParamsInput<'kv.watch'>;
  readonly #options: WatchOptions;
  /** What has come and was not taken yet. */
  #waiting: WatchEvent[] = [];
  #units = 0;
  /** The first revision that has not come yet; 0 before it is known where to begin. */
  #next: number;
  /** Nodes that do not remember `#next` any more. */
  readonly #forgetful = new Set<Endpoint>();
  #failure: unknown = null;
  #stopped: boolean;
  /** Ends listening to the present node, as far as it is our own wish. */
  #hangUp: () => void = () => {};
  #wakeTaker: () => void = () => {};
  #wakeListener: () => void = () => {};

  constructor(parts: WatchParts, query: ParamsInput<'kv.watch'>, options: WatchOptions) {
    this.#parts = parts;
    this.#query = query;
    this.#options = options;
    this.#next = query.fromRevision ?? 0;
    this.#stopped = options.signal?.aborted ?? false;
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    void this.#listen().catch((error: unknown) => {
      this.#failure ??= error;
      this.#wakeTaker();
    });
  }

  /** The next event, when it is there; null once the watch was stopped. Throws what ended it, after all that came before. */
  async take(): Promise<WatchEvent | null> {
    while (this.#waiting.length === 0 && !this.#stopped) {
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wakeTaker = resolve;
      });
    }
    const event = this.#stopped ? undefined : this.#waiting.shift();
    if (event === undefined) return null;
    this.#units -= unitsOf(event);
    if (this.#waiting.length === 0) this.#wakeListener();
    return event;
  }

  stop(): void {
    this.#stopped = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#hangUp();
    this.#wakeListener();
    this.#wakeTaker();
  }

  readonly #onAbort = (): void => this.stop();

  /** Listens to one node after the other, until it is stopped or there is no hope. */
  async #listen(): Promise<void> {
    const { endpoints, newest, deadlineMs, pool } = this.#parts;
    const first = new Deadline(this.#options.deadlineMs ?? deadlineMs, this.#options.signal ?? null);
    if (this.#next === 0) this.#next = (await newest(first)) + 1;
    const nodes = endpoints();
    // Many watchers that start at once should not all sit down at the first node's table.
    let turn = Math.floor(Math.random() * nodes.length);
    let begun = false;
    for (let pauseMs = FIRST_PAUSE_MS; !this.#stopped; turn += 1) {
      const node = nodes[turn % nodes.length];
      if (node === undefined || pool.closed)
        throw new RpcError('NO_QUORUM', { detail: 'the client is closed, or there is no such node' });
      const { began, trouble } = await this.#listenTo(node);
      begun ||= began;
      if (trouble === null) {
        await this.#emptied();
        turn -= 1;
        continue;
      }
      this.#consider(node, nodes, trouble);
      if (!begun && first.remainingMs === 0) throw trouble;
      pauseMs = began ? FIRST_PAUSE_MS : Math.min(1.5 * pauseMs, LONGEST_PAUSE_MS);
      if (!this.#stopped) await new Deadline(pauseMs, this.#options.signal ?? null).sleep(pauseMs * (0.5 + Math.random() / 2));
    }
  }

  /** Throws when no further attempt makes sense. */
  #consider(node: Endpoint, nodes: readonly Endpoint[], trouble: RpcError): void {
    if (HOPELESS.has(trouble.kind)) throw trouble;
    if (trouble.kind === 'COMPACTED') this.#forgetful.add(node);
    if (nodes.every((each) => this.#forgetful.has(each))) throw trouble;
    this.#options.onTrouble?.(trouble, this.#next - 1);
  }

  /** As long as the node tells something; `trouble` is null when we have hung up ourselves. */
  async #listenTo(node: Endpoint): Promise<{ readonly began: boolean; readonly trouble: RpcError | null }> {
    const { pool, router } = this.#parts;
    const over = Promise.withResolvers<RpcError | null>();
    this.#hangUp = () => over.resolve(null);
    const id = router.open(node, {
      onNotice: (notice) => this.#heard(notice, over.resolve),
      onClose: () => over.resolve(new RpcError('NO_QUORUM', { detail: `${nameOf(node)}: the connection was closed` })),
    });
    let connection: Connection | null = null;
    let began = false;
    try {
      const connected = await new Deadline(PATIENCE_MS).within(pool.connect(node));
      if (connected === LATE) throw new RpcError('NO_QUORUM', { detail: `${nameOf(node)}: no connection in time` });
      connection = connected;
      const params = { ...this.#query, fromRevision: this.#next, watch: id };
      const { revision } = checkResult('kv.watch', await connection.request('kv.watch', params, PATIENCE_MS));
      began = true;
      this.#forgetful.clear();
      this.#options.onStart?.(nameOf(node), revision);
      return { began, trouble: await over.promise };
    } catch (error) {
      return { began, trouble: error instanceof RpcError ? error : new RpcError('NO_QUORUM', { detail: messageOf(error) }) };
    } finally {
      router.close(id);
      this.#hangUp = () => {};
      // Also when the answer was late: it may be watching all the same.
      if (connection?.open) connection.request('kv.unwatch', { watch: id }, PATIENCE_MS).catch(() => {});
    }
  }

  #heard({ events, revision, ended }: WatchNotice, end: (why: RpcError | null) => void): void {
    if (this.#isFull) return;
    for (const event of events) {
      if (event.revision < this.#next) continue;
      this.#next = event.revision + 1;
      const kv = event.type === 'put' ? event.kv : null;
      const key = event.type === 'put' ? event.kv.key : event.key;
      const told = { type: event.type, key, revision: event.revision, kv };
      this.#add(event.prevKv === undefined ? told : { ...told, previous: event.prevKv });
    }
    this.#next = Math.max(this.#next, revision + 1);
    this.#wakeTaker();
    if (ended !== undefined) end(new RpcError(ended.kind, { detail: ended.detail, compactedBelow: ended.compactedBelow ?? 0 }));
    else if (this.#isFull) end(null);
  }

  #add(event: WatchEvent): void {
    this.#waiting.push(event);
    this.#units += unitsOf(event);
  }

  /** Whoever iterates is slow: nothing more is heard until all was taken, and then it goes on where it stopped. */
  get #isFull(): boolean {
    return this.#waiting.length >= LIMITS.watchBacklog || this.#units >= LIMITS.watchBacklogUnits;
  }

  async #emptied(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#wakeListener = resolve;
      });
    }
  }
}

function nameOf(node: Endpoint): string {
  return node.id ?? node.url;
}

function unitsOf({ kv, previous }: WatchEvent): number {
  return (kv?.value.length ?? 0) + (previous?.value.length ?? 0);
}

/** The only place in the console that calls the driver. Results come back as messages. */
import { unreachable } from '../base/assert.ts';
import { type LogIndex, logIndex, type NodeId } from '../base/brand.ts';
import type { ClusterDriver, ClusterEvent } from '../cluster/driver.ts';
import { PastDriver } from '../cluster/recording/past-driver.ts';
import { pastReads } from '../cluster/recording/past-keys.ts';
import type { CommandContext, CommandResult, ConsoleControls, LastFailure } from '../commands/command.ts';
import { argumentHint, complete } from '../commands/completion.ts';
import { failureOf } from '../commands/failure.ts';
import type { History } from '../commands/history.ts';
import { outputControl } from '../commands/output.ts';
import { runAction } from '../commands/run-action.ts';
import { changesAnything, prepareLine } from '../commands/run-line.ts';
import type { RangeQuery } from '../kv/commands.ts';
import { keyAfter, prefixEnd } from '../kv/key-order.ts';
import type { LessonInput } from '../lesson/shown.ts';
import type { LogRow } from '../replica/status.ts';
import { dated, readsOf } from './key-moment.ts';
import { keyFor } from './keymap.ts';
import { loadKey } from './load-key.ts';
import type { Effect, KeysPage, KeysRequest, Message } from './messages.ts';
import type { ConsoleState } from './state.ts';
import { Telling } from './telling.ts';
import type { Move, Traveller } from './traveller.ts';
import { namingWhom } from './unnamed.ts';
import { readOnlyReason } from './update-moment.ts';

/** What effects act on. */
export interface World {
  readonly driver: ClusterDriver;
  readonly history: History;
  dispatch(message: Message): void;
  quit(detach: boolean): void;
  suspend(): void;
  redraw(): void;
  state(): ConsoleState;
  readonly traveller: Traveller;
  record(event: ClusterEvent): void;
  /** Null leaves the lesson. */
  lesson(input: LessonInput | null): void;
  /** Resolves with what was done, in a line. */
  openLesson(name: string | null): Promise<string>;
  /** Resolves with the path. Null chooses a name. */
  saveRecording(file: string | null): Promise<string>;
}

/** So long after a key the next one changes the same edit. */
const EDIT_MS = 350;
const READ_DEADLINE_MS = 1_500;
const MOST_ROWS = 256;
const MOST_SHOWN = 200;

export class Effects {
  readonly #world: World;
  /** What commands may do to the console itself. */
  readonly #controls: ConsoleControls = {
    saveRecording: (file) => this.#world.saveRecording(file),
    setTheme: (theme) => this.#world.dispatch({ type: 'theme', theme }),
    setWritable: (on) => this.#world.dispatch({ type: 'writable', on }),
    openLesson: (name) => this.#world.openLesson(name),
  };
  readonly #output = outputControl({ json: false });
  #running = new AbortController();

  constructor(world: World) {
    this.#world = world;
  }

  /** Ends whatever still waits for an answer. */
  cancel(): void {
    this.#running.abort();
    this.#running = new AbortController();
  }

  carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'run-line':
        return void this.#runLine(effect);
      case 'act':
        return void this.#act(effect);
      case 'await-link-edit':
        return void setTimeout(() => this.#world.dispatch({ type: 'link-edit-due', id: effect.id }), EDIT_MS).unref();
      case 'cancel':
        this.cancel();
        break;
      case 'remember':
        this.#remember(effect.line);
        break;
      case 'complete':
        void this.#complete(effect);
        break;
      case 'preview':
        this.#preview(effect);
        break;
      case 'load-keys':
      case 'load-key':
      case 'load-log':
        void this.#load(effect);
        break;
      case 'travel':
        this.#travel(effect.move);
        break;
      case 'present':
        this.#world.traveller.return();
        break;
      case 'record':
        this.#world.record(effect.event);
        break;
      case 'save-recording':
        void this.#save(effect.file);
        break;
      case 'lesson':
        this.#world.lesson(effect.input);
        break;
      case 'suspend':
      case 'redraw':
        this.#world[effect.type]();
        break;
      case 'quit':
        this.#world.quit(effect.detach);
        break;
      default:
        unreachable(effect);
    }
  }

  #remember(line: string): void {
    const { dispatch, history } = this.#world;
    history.add(line);
    later(() => dispatch({ type: 'history', lines: history.lines }));
  }

  #travel(move: Move): void {
    const moment = this.#world.traveller.go(move);
    const { begins } = this.#world.traveller;
    later(() => this.#world.dispatch({ type: 'moment', move, moment, begins }));
  }

  async #save(file: string | null): Promise<void> {
    const told = await this.#world.saveRecording(file).then(
      (path) => ({ text: `Saved ${path}; raftkv-tui replay opens it.`, severity: 'info' as const }),
      (error: unknown) => ({
        text: `Not saved: ${error instanceof Error ? error.message : String(error)}`,
        severity: 'error' as const,
      }),
    );
    this.#world.dispatch({ type: 'flash', ...told });
  }

  async #complete({ line, cursor }: Effect & { type: 'complete' }): Promise<void> {
    const completion = await complete(line, cursor, this.#world.driver, 'console');
    this.#world.dispatch({ type: 'completed', line, completion });
  }

  #context(marked: readonly NodeId[], cursor: NodeId | null): CommandContext {
    const { moment, picture, events, lastFailure, ...state } = this.#world.state();
    const { driver: present } = this.#world;
    const driver = moment === null ? present : new PastDriver(picture, events.items, readsOf(state, moment, present.kv));
    const readOnly = readOnlyReason({ ...state, moment });
    return {
      driver,
      marked,
      cursor,
      signal: this.#running.signal,
      console: this.#controls,
      output: this.#output,
      ...(moment === null ? { lastFailure } : { wall: moment.wall, lastFailure: refusedBy(moment.wall, lastFailure) }),
      ...(readOnly === null ? {} : { readOnly }),
    };
  }

  async #runLine(effect: Effect & { type: 'run-line' }): Promise<void> {
    const { id, line, where } = effect;
    const telling = new Telling((lines) => this.#world.dispatch({ type: 'told', id, lines }));
    const { moment } = this.#world.state();
    const context = { ...this.#context(effect.marked, effect.cursor), emit: telling.emit };
    const prepared = prepareLine(line, context, 'console');
    const finish = (result: CommandResult, change: string | null = null): void =>
      this.#world.dispatch({ type: 'finished', id, line, result, where, change });
    if (!prepared.ok) return later(() => finish(prepared.problem));
    const { action, consequence, spec } = prepared.line;
    if (action !== null && consequence !== null && consequence.level > 0) {
      return later(() => this.#world.dispatch({ type: 'ask', id, line, action, consequence, where }));
    }
    const changes = spec !== null && changesAnything(spec);
    if (spec?.name === 'watch' && where !== 'shell' && moment === null) this.#sayWhere(line);
    const result = await prepared.line.run();
    telling.flush();
    finish(dated(result, spec, moment), changes ? shownCommand(line) : null);
  }

  /** What goes on until it is stopped must not seem to do nothing. */
  #sayWhere(line: string): void {
    const { state, dispatch } = this.#world;
    const text = `${line}: the changes come here and stand in the shell (${keyFor(state().keymap, 'view-shell')}); Ctrl-C stops it.`;
    later(() => dispatch({ type: 'flash', text, severity: 'info' }));
  }

  async #act({ id, line, action, where }: Effect & { type: 'act' }): Promise<void> {
    const result = await runAction(this.#world.driver, action).catch((error: unknown) => failureOf(error, true));
    this.#world.dispatch({ type: 'finished', id, line, result, where, change: line });
  }

  /** What the line would do, as far as it can be read already; else the words that are still to come. */
  #preview({ line, marked, cursor }: Effect & { type: 'preview' }): void {
    const told = (text: string, severity: 'info' | 'warn'): void =>
      later(() => this.#world.dispatch({ type: 'previewed', line, text, severity }));
    const hint = argumentHint(line, 'console');
    const prepared = line.trim() === '' ? null : prepareLine(line, this.#context(marked, cursor), 'console');
    if (prepared?.ok === true && prepared.line.consequence !== null) {
      const { level, text } = prepared.line.consequence;
      told(namingWhom(line, prepared.line.action, text), level > 0 ? 'warn' : 'info');
    } else told(hint, 'info');
  }

  async #load(effect: Effect & { type: 'load-keys' | 'load-key' | 'load-log' }): Promise<void> {
    if (effect.type === 'load-keys') return this.#loadKeys(effect.request);
    if (effect.type === 'load-log') return this.#loadLog(effect);
    const loaded = await loadKey(this.#world.driver, effect.key, effect.at);
    this.#world.dispatch({ type: 'key-detail', id: effect.id, ...loaded });
  }

  async #loadKeys(request: KeysRequest): Promise<void> {
    const page = await readPage(this.#world.driver, request);
    this.#world.dispatch({ type: 'keys-page', request, page });
  }

  async #loadLog({ window, nodes, first, count }: Effect & { type: 'load-log' }): Promise<void> {
    const loaded = new Map<NodeId, readonly LogRow[]>();
    const { nodes: known } = this.#world.driver.picture();
    const load = async (node: NodeId): Promise<void> => {
      // What is compacted on a node cannot be asked for; what follows can.
      const compacted = known.find(({ id }) => id === node)?.status?.compactedIndex ?? 0;
      const from: LogIndex = logIndex(Math.max(first, compacted + 1));
      if (from >= first + count) return;
      // A node that does not answer leaves its cells unknown.
      const rows = await this.#world.driver.logRows(node, from, Math.min(first + count - from, MOST_ROWS)).catch(() => []);
      if (rows.length > 0) loaded.set(node, rows);
    };
    await Promise.all(nodes.map(load));
    this.#world.dispatch({ type: 'log-page', window, loaded });
  }
}

/** At a moment of the past a later refusal is yet to come. */
function refusedBy(wall: number, failure: LastFailure | null): LastFailure | null {
  return failure !== null && failure.time <= wall ? failure : null;
}

/** Effects may be carried out while the store is still dispatching; what they answer at once has to wait its turn. */
function later(run: () => void): void {
  queueMicrotask(run);
}

/** A line that was kept out of the history shows its verb and its key, not its value. */
function shownCommand(line: string): string {
  const isSecret = /^\s/.test(line) || /\s--secret\b/.test(line);
  return isSecret ? `${line.trim().split(/\s+/).slice(0, 2).join(' ')} ...` : line.slice(0, MOST_SHOWN);
}

/** Asks a majority first; when none answers, any node, and says so. */
async function readPage(driver: ClusterDriver, request: KeysRequest): Promise<KeysPage> {
  const query = queryOf(request);
  const options = { deadlineMs: READ_DEADLINE_MS };
  try {
    const kv = request.at === null ? driver.kv : pastReads(driver.kv, request.at);
    return { ok: true, result: await kv.range(query, options), stale: false };
  } catch (first) {
    // Of the past any node has been asked already.
    if (request.at !== null) return unread(first);
    try {
      const result = await driver.kv.range(query, { ...options, consistency: 'stale' });
      return { ok: true, result, stale: true };
    } catch (error) {
      return unread(error);
    }
  }
}

function unread(error: unknown): KeysPage {
  const [problem = 'The keys cannot be read.'] = failureOf(error, false).lines;
  return { ok: false, problem };
}

function queryOf({ prefix, kind, key, limit }: KeysRequest): Partial<RangeQuery> {
  const end = prefix === '' ? null : prefixEnd(prefix);
  switch (kind) {
    case 'from':
    case 'around':
      return { start: key, end, limit };
    case 'after':
      return { start: keyAfter(key), end, limit };
    case 'before':
      return { start: prefix, end: key, limit, reverse: true };
    case 'end':
      return { start: prefix, end, limit, reverse: true };
  }
}

/** Does what a sentence says. */
import { unreachable } from '../base/assert.ts';
import type { NodeId } from '../base/brand.ts';
import type { ClusterDriver } from '../cluster/driver.ts';
import { type CommandContext, type CommandResult, UsageError } from '../commands/command.ts';
import { runLine } from '../commands/run-line.ts';
import type { RequestId } from '../kv/commands.ts';
import type { Condition } from './condition.ts';
import type { Command, Deed } from './deed.ts';
import { driverWith } from './driver-with.ts';
import { isSo } from './judge.ts';
import { NodeKv } from './node-kv.ts';
import { answerWords, faultOf, refusalOf } from './outcome.ts';
import { keysOf, logsOf, rolesOf } from './show.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

/** What a sentence printed; `problem` when it did not do what it says. */
export interface Played {
  readonly lines: readonly string[];
  readonly problem: string | null;
}

interface Begun {
  readonly line: string;
  /** Null when the client chose the node: then it has its own numbers. */
  readonly request: RequestId | null;
  readonly result: Promise<CommandResult>;
}

const PATIENCE_MS = 20_000;
/** A transfer is over, one way or the other, after an election timeout. */
const TRANSFER_MS = 1_500;
/** Nothing that a story writes has such a key. */
const NOBODYS_KEY = 'nobody';

export class Player {
  readonly #world: World;
  #stageOrNull: Stage | null = null;
  #session = 0;
  #sequence = 0;
  readonly #begun = new Map<string, Begun>();
  readonly #faults: { readonly line: string; readonly id: number }[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** All agree, the right one leads, and the sessions are open: nothing of that is part of the story. */
  async prepare(leader: NodeId | null, patienceMs: number): Promise<void> {
    const { driver } = this.#world;
    await this.#settle(patienceMs);
    if (leader !== null && !(await this.#lead(leader))) throw new Error(`${leader} does not come to lead`);
    await this.#world.run(driver.kv.delete(NOBODYS_KEY));
    await this.#settle(patienceMs);
    const first = driver.picture().leader;
    if (first === null) throw new Error('no node leads');
    const opened = await this.#world.run(
      this.#world.ask(first, { type: 'write', command: { type: 'open-session' } }, patienceMs),
    );
    if (opened.type === 'write' && opened.reply.type === 'session') this.#session = opened.reply.session;
    await this.#settle(patienceMs);
  }

  enter(stage: Stage): void {
    this.#stageOrNull = stage;
  }

  async play(deed: Exclude<Deed, { readonly type: 'say' | 'cluster' }>): Promise<Played> {
    await this.#world.look();
    const stage = this.#stage;
    switch (deed.type) {
      case 'let':
        stage.names.give(deed.name, stage.nodes(deed.nodes));
        return done();
      case 'lead':
        return (await this.#lead(stage.node(deed.node))) ? done() : failed('it does not come to lead');
      case 'wait':
        return (await this.#until(deed.condition)) ? done() : failed(`not so after ${PATIENCE_MS / 1_000} s`);
      case 'pass':
        await this.#world.pass(deed.ms);
        return done();
      case 'expect':
        return (await isSo(deed.condition, stage)) ? done() : failed('it is not so');
      case 'show':
        return done(await (deed.what === 'log' ? logsOf : deed.what === 'keys' ? keysOf : rolesOf)(stage, deed.nodes));
      case 'command':
        return this.#command(deed);
      case 'begin':
        this.#begun.set(deed.name, this.#start(deed.command));
        return done();
      case 'finish':
        return this.#finish(this.#find(deed.name), deed.name);
      case 'retry':
        return this.#retry(deed.name, deed.at);
      case 'end':
        return this.#end(stage.names.fill(deed.words));
      case 'repeat':
        return this.#repeat(deed.times, deed.command);
      default:
        return unreachable(deed);
    }
  }

  get #stage(): Stage {
    if (this.#stageOrNull === null) throw new Error('the story has not begun');
    return this.#stageOrNull;
  }

  #until(condition: Condition): Promise<boolean> {
    return this.#world.until(() => isSo(condition, this.#stage), PATIENCE_MS);
  }

  /** Answers print as they are; of what failed is told only whether it can still happen. */
  #told(result: CommandResult, line: string, name: string | null = null): Played {
    const problem = refusalOf(result);
    if (problem !== null) return failed(problem);
    return done(answerWords(result, isRead(line)).map((words) => (name === null ? words : `${name}: ${words}`)));
  }

  async #command(command: Command): Promise<Played> {
    const { line, result } = this.#start(command);
    const came = await this.#world.run(result);
    const fault = faultOf(came);
    if (fault !== null) this.#faults.push({ line, id: fault });
    return this.#told(came, line);
  }

  async #end(words: string): Promise<Played> {
    const place = this.#faults.findLastIndex(({ line }) => line === words || line.startsWith(`${words} `));
    const [fault] = place < 0 ? [] : this.#faults.splice(place, 1);
    if (fault === undefined)
      throw new UsageError(`no fault was set by "${words}"`, { next: 'write end and the sentence that set it' });
    return this.#command({ type: 'command', line: `heal ${fault.id}`, at: null });
  }

  #start({ line, at }: Command, again: RequestId | null = null): Begun {
    const stage = this.#stage;
    const filled = stage.names.fill(line);
    if (at === null) return { line: filled, request: null, result: this.#runLine(filled, this.#world.driver) };
    const node = stage.node(at);
    const request = again ?? this.#nextRequest();
    const kv = new NodeKv(
      (asked, deadlineMs) => this.#world.ask(node, asked, deadlineMs),
      () => request,
    );
    return { line: filled, request, result: this.#runLine(filled, driverWith(this.#world.driver, { kv })) };
  }

  #runLine(line: string, driver: ClusterDriver): Promise<CommandResult> {
    const context: CommandContext = { driver, marked: [], cursor: null, signal: new AbortController().signal };
    return runLine(line, context);
  }

  #nextRequest(): RequestId {
    this.#sequence += 1;
    return { session: this.#session, sequence: this.#sequence, acknowledged: 0 };
  }

  #find(name: string): Begun {
    const begun = this.#begun.get(name);
    if (begun !== undefined) return begun;
    throw new UsageError(`nothing called ${name} was begun`, { next: `write begin ${name}: at n1 put x 1` });
  }

  async #finish({ line, result }: Begun, name: string): Promise<Played> {
    return this.#told(await this.#world.run(result), line, name);
  }

  async #retry(name: string, at: string): Promise<Played> {
    const { line, request } = this.#find(name);
    if (request === null) throw new UsageError(`${name} was not sent to a node`, { next: `write begin ${name}: at n1 …` });
    return this.#finish(this.#start({ type: 'command', line, at }, request), name);
  }

  async #repeat(times: number, command: Command): Promise<Played> {
    const lines: string[] = [];
    for (let i = 1; i <= times; i += 1) {
      const line = command.line.replaceAll('{i}', String(i));
      const played = this.#told(await this.#world.run(this.#start({ ...command, line }).result), line);
      if (played.problem !== null) return played;
      lines.push(...played.lines.filter((each) => each !== 'OK'));
    }
    return done(lines);
  }

  /** Asks for the leadership until it is there: a transfer may come to nothing. */
  async #lead(node: NodeId): Promise<boolean> {
    const { driver } = this.#world;
    const leads = (): Promise<boolean> => Promise.resolve(driver.picture().leader === node);
    const end = PATIENCE_MS / TRANSFER_MS;
    for (let i = 0; i < end && driver.picture().leader !== node; i += 1) {
      await this.#world.run(driver.act({ type: 'transfer', to: node }).catch(() => null));
      if (await this.#world.until(leads, TRANSFER_MS)) break;
    }
    return (await leads()) && (await this.#settle(PATIENCE_MS, false));
  }

  /** One leads, and all that run follow it and have applied all that it has. */
  #settle(patienceMs: number, everybody = true): Promise<boolean> {
    const { driver } = this.#world;
    return this.#world.until(() => {
      const { leader, nodes } = driver.picture();
      const status = nodes.find(({ id }) => id === leader)?.status ?? null;
      const settled = nodes.every(({ state, status: each }) => {
        if (state !== 'up') return !everybody;
        return status !== null && each?.appliedIndex === status.lastIndex && each.leader === leader && each.term === status.term;
      });
      return Promise.resolve(settled);
    }, patienceMs);
  }
}

const isRead = (line: string): boolean => /^(?:get|range|scan|keys)\b/.test(line);
const done = (lines: readonly string[] = []): Played => ({ lines, problem: null });
const failed = (problem: string): Played => ({ lines: [], problem });

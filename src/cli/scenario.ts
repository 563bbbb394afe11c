/** `scenario`: stories in prose, in virtual time or on real processes. */
import { writeFileSync } from 'node:fs';
import { LIMITS } from '../base/limits.ts';
import { UsageError } from '../commands/command.ts';
import { formatElapsed } from '../commands/duration.ts';
import { parseInteger } from '../commands/flags.ts';
import { type Audience, runStory, type StoryResult } from '../scenario/run.ts';
import { type Script, withOutputs } from '../scenario/script.ts';
import { ScriptError } from '../scenario/script-error.ts';
import { VirtualWorld } from '../scenario/virtual-world.ts';
import type { OpenWorld } from '../scenario/world.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { hasScreen } from './open-console.ts';
import { print } from './print.ts';
import { tellInConsole } from './scenario-console.ts';
import { nameOf, pathOf, readScript, shippedScripts } from './scenario-files.ts';
import { AT_ONCE, type Pace, readingPace, steppingPace } from './scenario-pace.ts';

const BROKEN = 5;
const MISWRITTEN = 2;
const INTERRUPTED = 130;

interface Told {
  readonly script: Script;
  readonly result: StoryResult;
  readonly tookMs: number;
}

/** Where and how fast the stories are told. */
interface Stagecraft {
  readonly open: OpenWorld;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

export async function runScenario(invocation: Invocation): Promise<number> {
  const { io, args, options } = invocation;
  if (args.length === 1 && args[0] === 'ls') return list(invocation);
  const stepping = options['step'] === true ? steppingPace(io) : null;
  const interrupt = interruptSignal();
  try {
    if (isForConsole(invocation)) {
      const leaving = new AbortController();
      const { script } = readScript(pathOf(args[0] ?? ''), nodesOf(invocation));
      const open = await openerOf(invocation, AbortSignal.any([interrupt.signal, leaving.signal]));
      const result = await tellInConsole(invocation, script, { open, speed: speedOf(options['speed'] ?? 1), leaving });
      return exitCodeOf([{ result }]);
    }
    const open = await openerOf(invocation, interrupt.signal);
    const pace = stepping?.pace ?? paceOf(invocation);
    return await tellAll(invocation, { open, pace, signal: interrupt.signal });
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    stepping?.close();
    interrupt.done();
  }
}

async function tellAll(invocation: Invocation, craft: Stagecraft): Promise<number> {
  const { io, globals, args, options } = invocation;
  const update = options['update'] === true;
  const read = args.map((name) => readScript(pathOf(name), nodesOf(invocation)));
  const told: Told[] = [];
  for (const { script, text } of read) {
    const startedAt = performance.now();
    const prints = read.length === 1 && !globals.json;
    const result = await runStory(script, craft.open, { audience: audienceOf(invocation, craft, prints), update });
    const one = { script, result, tookMs: performance.now() - startedAt };
    told.push(one);
    if (update && result.failure === null) writeFileSync(script.file, withOutputs(script, text, result.outputs));
    if (!globals.json) await print(io, globals, summaryOf(one), null);
  }
  if (globals.json) await print(io, globals, [], { scenarios: told.map(toldJson) });
  return exitCodeOf(told);
}

function nodesOf({ options }: Invocation): number | null {
  return typeof options['nodes'] === 'string' ? parseInteger(options['nodes'], '--nodes', 1, LIMITS.maxNodes) : null;
}

/** One story on real nodes, and somebody who looks. */
function isForConsole(invocation: Invocation): boolean {
  const { globals, args, options } = invocation;
  const plainly = options['step'] === true || options['plain'] === true || options['update'] === true || globals.json;
  return options['live'] === true && args.length === 1 && !plainly && hasScreen(invocation);
}

/** Virtual machines, a fresh cluster of processes, or with --cluster one that is there. */
async function openerOf({ io, globals, options }: Invocation, signal: AbortSignal): Promise<OpenWorld> {
  if (options['live'] !== true) return (shape) => VirtualWorld.open(shape);
  const { adoptCluster, openFreshCluster } = await import('../scenario/live-cluster.ts');
  if (options['cluster'] === undefined) return (shape) => openFreshCluster(shape, signal);
  return async (shape) => adoptCluster(await io.open(globals, { watch: true }), shape, signal);
}

/** A program that reads along needs no time; a person does. */
function paceOf({ io, options }: Invocation): Pace {
  if (options['speed'] !== undefined) return readingPace(speedOf(options['speed']));
  return options['live'] === true && io.out.isTTY === true ? readingPace(1) : AT_ONCE;
}

function speedOf(text: unknown): number {
  const speed = Number(text);
  if (Number.isFinite(speed) && speed >= 0.1 && speed <= 100) return speed;
  throw new UsageError(`--speed cannot be "${text}"`, { next: 'write a number from 0.1 to 100; 2 is twice as fast' });
}

function audienceOf({ io, globals }: Invocation, { pace, signal }: Stagecraft, prints: boolean): Audience {
  return {
    onSentence: async (sentence) => {
      signal.throwIfAborted();
      const { deed, text } = sentence;
      if (prints) await print(io, globals, [deed.type === 'say' ? deed.text : `> ${text}`], null);
      if (deed.type === 'say') await pace(deed.text, deed.asks, signal);
    },
    onParagraph: (lines) => pace(lines.join(' '), false, signal),
    onOutput: async (lines) => {
      if (prints) await print(io, globals, [...lines.map((line) => `    ${line}`)], null);
    },
  };
}

async function list({ io, globals }: Invocation): Promise<number> {
  const scripts = shippedScripts();
  const width = Math.max(0, ...scripts.map(({ file }) => nameOf(file).length));
  const lines = scripts.map(({ file, title }) => `${nameOf(file).padEnd(width)}  ${title}`);
  await print(io, globals, lines, {
    scenarios: scripts.map(({ file, title, shape: { nodes } }) => ({ name: nameOf(file), title, nodes, file })),
  });
  return 0;
}

function summaryOf({ script, result: { failure }, tookMs }: Told): readonly string[] {
  if (failure !== null) return failure.message.split('\n');
  return [`ok  ${nameOf(script.file)}  ${formatElapsed(tookMs)}`];
}

function toldJson({ script, result: { failure }, tookMs }: Told): object {
  const { file, title, shape } = script;
  const problem =
    failure === null ? null : { line: failure.line, problem: failure.problem, seen: 'seen' in failure ? failure.seen : [] };
  return {
    name: nameOf(file),
    file,
    title,
    nodes: shape.nodes,
    ok: failure === null,
    failure: problem,
    tookMs: Math.round(tookMs),
  };
}

function exitCodeOf(told: readonly Pick<Told, 'result'>[]): number {
  const failures = told.map(({ result: { failure } }) => failure);
  if (failures.some((failure) => failure instanceof ScriptError)) return MISWRITTEN;
  return failures.some((failure) => failure !== null) ? BROKEN : 0;
}

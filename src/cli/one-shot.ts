/** One command of the registry, from argv: `put`, `get`, `fault kill leader`, `status`. */
import { RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { ClusterDriver } from '../cluster/driver.ts';
import { type Arguments, type CommandContext, type CommandSpec, UsageError } from '../commands/command.ts';
import { failureOf } from '../commands/failure.ts';
import { shaped } from '../commands/output.ts';
import { prepareCommand } from '../commands/run-line.ts';
import { confirmed } from './ask.ts';
import { interruptSignal } from './interrupt.ts';
import type { Invocation } from './io.ts';
import { printPart, printResult } from './print.ts';

const REFRESH_MS = 1_000;

export async function runOneShot(spec: CommandSpec, invocation: Invocation): Promise<number> {
  const { io, globals } = invocation;
  const args = await argumentsOf(spec, invocation);
  const driver = await io.open(globals, { watch: spec.watches === true });
  const interrupt = interruptSignal();
  try {
    if (spec.group === 'keys and values') refuseStopped(driver);
    // Faults speak of the leader and of who is up: that must be known before they can be understood.
    if (spec.group === 'faults' || spec.action !== undefined) await driver.refresh(REFRESH_MS);
    const context: CommandContext = {
      driver,
      marked: [],
      cursor: null,
      signal: interrupt.signal,
      emit: (part) => printPart(io, globals, part),
    };
    const prepared = prepareCommand(spec, args, context);
    if (!(await confirmed(io, prepared.consequence, globals.yes, driver.picture().name))) {
      io.err.write('nothing was done\n');
      return 1;
    }
    const result = await shaped(await prepared.run(), globals.table === true ? 'table' : 'simple');
    if (interrupt.signal.aborted && !globals.json) io.err.write('interrupted\n');
    return await printResult(io, globals, result);
  } catch (error) {
    return await printResult(io, globals, failureOf(error, false));
  } finally {
    interrupt.done();
    await driver.close();
  }
}

/** Nobody would answer before the deadline: when all processes are known to be gone, that is told at once. */
function refuseStopped(driver: ClusterDriver): void {
  const { name, nodes } = driver.picture();
  if (!driver.capabilities.has('process-faults') || nodes.some(({ state }) => state !== 'down')) return;
  throw new RpcError('NO_QUORUM', { detail: `No node of '${name}' runs; nothing was sent. Start it with: raftkv-tui start` });
}

async function argumentsOf(spec: CommandSpec, { io, args, options }: Invocation): Promise<Arguments> {
  const values = new Map<string, string>();
  const rest: string[] = [];
  args.forEach((word, i) => {
    const param = spec.params[Math.min(i, spec.params.length - 1)];
    if (param?.rest === true) rest.push(word);
    else if (param !== undefined) values.set(param.name, word);
  });
  if (values.get('value') === '-' && spec.name === 'put') values.set('value', await readValue(io.input));
  const flags = new Map<string, string | true>();
  for (const flag of spec.flags) {
    const value = options[camelCase(flag.name)];
    if (value === true || typeof value === 'string') flags.set(flag.name, value);
  }
  return { values, rest, flags };
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** All of standard input, which must be UTF-8 and no longer than a value may be. */
async function readValue(input: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const piece = Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk));
    bytes += piece.length;
    if (bytes > LIMITS.valueBytes)
      throw new UsageError(`standard input holds more than ${LIMITS.valueBytes} bytes`, { next: 'split the value' });
    chunks.push(piece);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new UsageError('standard input is not UTF-8', { next: 'encode binary data, as base64 does' });
  }
}

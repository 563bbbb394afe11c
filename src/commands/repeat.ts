/** `5 put k v`, as in redis-cli: one command several times, one after the other, each outcome shown. */
import { type CommandContext, type CommandResult, type CommandSpec, UsageError } from './command.ts';
import { formatElapsed } from './duration.ts';
import { isFailure } from './failure.ts';
import { pipeText } from './render-result.ts';
import type { Word } from './words.ts';

/** More is a load: `bench` makes and measures one. */
export const MOST_REPEATS = 10_000;

/** How often the line is to be run, and the words that are left. Null for a line without a number in front. Throws UsageError. */
export function repeatOf(words: readonly Word[]): { times: number; count: Word; rest: readonly Word[] } | null {
  const [count, ...rest] = words;
  if (count === undefined || count.quoted || !/^\d+$/.test(count.text)) return null;
  const times = Number(count.text);
  if (times < 1 || times > MOST_REPEATS) {
    const next = `write a number from 1 to ${MOST_REPEATS}; bench makes more`;
    throw new UsageError(`a command cannot be run ${count.text} times`, { column: count.start, next });
  }
  if (rest.length > 0) return { times, count, rest };
  throw new UsageError(`what is to be run ${times} times?`, { column: count.end, next: `write ${times} put KEY VALUE` });
}

/** What is asked for its consequence before it is done is done once for each time that it was asked. */
export function refuseRepeat(spec: CommandSpec, count: Word): void {
  if (spec.action === undefined) return;
  throw new UsageError(`${spec.name} is not repeated`, { column: count.start, next: `write ${spec.name} without the number` });
}

/**
 * Runs `once` until it has been done `times` times, fails, or is stopped: after a failure, above all one of unknown outcome,
 * nothing more is sent. The last outcome is the result, those before it are shown as parts; the exit code is the first
 * that is not 0.
 */
export async function repeat(
  times: number,
  { signal, emit }: Pick<CommandContext, 'signal' | 'emit'>,
  once: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const started = performance.now();
  const spent = (): string => formatElapsed(performance.now() - started);
  let exit: CommandResult['exit'] = 0;
  for (let done = 1; ; done += 1) {
    const result = numbered(await once(), done, times);
    if (exit === 0) exit = result.exit;
    if (isFailure(result)) {
      const left = done < times ? [`  stopped: ${times - done} of ${times} were not tried`] : [];
      return { ...result, lines: [...result.lines, ...left] };
    }
    if (done === times) return { ...result, exit, trailer: `${times} times in ${spent()}` };
    if (signal.aborted) {
      await emit?.(partOf(result));
      const lines = [`(stopped) ${done} of ${times} are done, the others were not tried`];
      return { lines, json: { stopped: true, done, of: times }, exit: exit === 0 ? 1 : exit, trailer: spent() };
    }
    await emit?.(partOf(result));
  }
}

function partOf({ lines, json, ...result }: CommandResult): { lines: readonly string[]; json: unknown; raw: string } {
  return { lines, json, raw: pipeText({ lines, json, ...result }) };
}

/** `3) OK  rev 12 …`. What a pipe gets has no numbers, but each outcome on lines of its own. */
function numbered({ trailer, ...result }: CommandResult, number: number, of: number): CommandResult {
  const label = `${String(number).padStart(String(of).length)}) `;
  const [first = '', ...others] = result.lines;
  const remark = trailer === undefined ? '' : `  ${trailer}`;
  const lines =
    others.length === 0
      ? [`${label}${first}${remark}`]
      : [`${label}${first}`, ...others.map((line) => ' '.repeat(label.length) + line), ...(remark === '' ? [] : [remark])];
  const raw = result.raw ?? pipeText(result);
  return { ...result, lines, raw: raw === '' || raw.endsWith('\n') ? raw : `${raw}\n` };
}

/** The three forms of a result: sentences as redis-cli has them, tables, and JSON. */
import {
  type CommandContext,
  type CommandResult,
  type CommandSpec,
  OUTPUTS,
  type OutputControl,
  type OutputForm,
  UsageError,
} from './command.ts';
import { isFailure } from './failure.ts';
import { jsonLine } from './render-result.ts';
import type { Word } from './words.ts';

export function isOutput(form: string | undefined): form is OutputForm {
  return OUTPUTS.some((known) => known === form);
}

/** Keeps the form for a session. */
export function outputControl({ json, table = false }: { readonly json: boolean; readonly table?: boolean }): OutputControl {
  let form: OutputForm = json ? 'json' : table ? 'table' : 'simple';
  return {
    form: () => form,
    set: (wanted) => {
      form = wanted;
    },
  };
}

/** The words without `-w FORM`, as etcdctl spells it, and the form that is wanted. Throws UsageError. */
export function outputOf(
  words: readonly Word[],
  { output }: Pick<CommandContext, 'output'>,
): { readonly words: readonly Word[]; readonly form: OutputForm } {
  const at = words.findIndex(({ text, quoted }) => !quoted && (text === '-w' || text === '--write-out'));
  const end = words.findIndex(({ text, quoted }) => !quoted && text === '--');
  const form = words[at + 1];
  if (at < 0 || (end >= 0 && end < at)) return { words, form: output?.form() ?? 'simple' };
  if (form === undefined || !isOutput(form.text)) {
    const column = form?.start ?? words[at]?.end ?? null;
    throw new UsageError('-w needs a form', { column, next: `write -w ${OUTPUTS.join(', -w ')}; quote "-w" to say just that` });
  }
  return { words: [...words.slice(0, at), ...words.slice(at + 2)], form: form.text };
}

/** The result in this form, for a terminal and for a pipe. What is no table stays as it is. */
export async function shaped(result: CommandResult, form: OutputForm): Promise<CommandResult> {
  if (form === 'json' && result.json !== null) return asText(result, [jsonLine(result.json)]);
  if (form !== 'table' || result.table === undefined || isFailure(result)) return result;
  const { tableLines } = await import('./table.ts');
  return asText(result, tableLines(result.table));
}

/** One line has to go into a JSON reader as it is: no remark follows. */
function asText({ trailer, ...result }: CommandResult, lines: readonly string[]): CommandResult {
  const shown = { ...result, prose: false, lines, raw: lines.map((line) => `${line}\n`).join('') };
  return result.table === undefined || lines.length < 2 || trailer === undefined ? shown : { ...shown, trailer };
}

/** Parts of a result in this form. */
export function shapedEmit(emit: CommandContext['emit'], form: OutputForm): CommandContext['emit'] {
  if (emit === undefined || form !== 'json') return emit;
  return (part) => {
    const lines = part.json === null ? [] : [jsonLine(part.json)];
    return emit({ ...part, lines, raw: lines.map((line) => `${line}\n`).join('') });
  };
}

export const OUTPUT: CommandSpec = {
  name: 'output',
  aliases: [],
  group: 'shell',
  summary: 'Show results from now on as simple text, tables or JSON; -w FORM behind a command does it once.',
  params: [{ name: 'form', kind: 'choice', summary: OUTPUTS.join(', '), required: false, choices: [...OUTPUTS] }],
  flags: [],
  examples: ['output table', 'output json', 'output simple'],
  surfaces: ['shell'],
  needs: null,
  run: async ({ output }, args) => {
    const form = args.values.get('form');
    if (output === undefined) throw new UsageError('nothing is remembered here', { next: 'write -w FORM behind the command' });
    if (isOutput(form)) output.set(form);
    return { lines: [output.form()], json: { output: output.form() }, exit: 0 };
  },
};

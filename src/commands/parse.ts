/** From words to the arguments of one command, by its spec. Nothing is interpreted here. */
import { type Arguments, type CommandSpec, type FlagSpec, UsageError } from './command.ts';
import { didYouMean } from './suggest.ts';
import type { Word } from './words.ts';

/** `put KEY VALUE [--deadline DURATION]`, as one types it. */
export function usageOf(spec: CommandSpec): string {
  const params = spec.params.map((param) => {
    const name = param.rest === true ? `${param.name.toUpperCase()}...` : param.name.toUpperCase();
    return param.required ? name : `[${name}]`;
  });
  const flags = spec.flags.map((flag) => `[--${flag.name}${flag.value === null ? '' : ` ${valueName(flag)}`}]`);
  return [spec.name, ...params, ...flags].join(' ');
}

/** What stands for a flag's value in help texts: the choices, or the kind in capitals. */
export function valueName(flag: FlagSpec): string {
  return flag.choices === undefined ? (flag.value ?? '').toUpperCase() : flag.choices.join('|');
}

/** Words of an argument list that has no line behind it. */
export function wordsOf(texts: readonly string[]): readonly Word[] {
  let start = 0;
  return texts.map((text) => {
    const word = { text, start, end: start + text.length, quoted: false };
    start = word.end + 1;
    return word;
  });
}

/** Sorts words into values, rest and flags. Throws UsageError with the column of the word that does not fit. */
export function parseArguments(spec: CommandSpec, words: readonly Word[]): Arguments {
  const values = new Map<string, string>();
  const flags = new Map<string, string | true>();
  const rest: string[] = [];
  let position = 0;
  let flagsEnded = false;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i];
    if (word === undefined) continue;
    if (!flagsEnded && !word.quoted && word.text === '--') {
      flagsEnded = true;
    } else if (!flagsEnded && !word.quoted && word.text.startsWith('--')) {
      if (takeFlag(spec, flags, word, words[i + 1])) i += 1;
    } else {
      const param = spec.params[position];
      if (param === undefined) throw tooMany(spec, word);
      if (param.rest === true) rest.push(word.text);
      else {
        checkChoice(param.name, param.choices, word.text, word.start);
        values.set(param.name, word.text);
        position += 1;
      }
    }
  }
  const missing = spec.params.find(
    (param) => param.required && (param.rest === true ? rest.length === 0 : !values.has(param.name)),
  );
  if (missing !== undefined) {
    const column = words.at(-1)?.end ?? null;
    throw new UsageError(`${spec.name} needs ${missing.name.toUpperCase()}: ${missing.summary}`, { column, next: hintOf(spec) });
  }
  return { values, rest, flags };
}

/** Stores one flag; true when it took the following word as its value. */
function takeFlag(spec: CommandSpec, flags: Map<string, string | true>, word: Word, following: Word | undefined): boolean {
  const equals = word.text.indexOf('=');
  const name = word.text.slice(2, equals < 0 ? undefined : equals);
  const flag = spec.flags.find((candidate) => candidate.name === name);
  if (flag === undefined) {
    const near = didYouMean(
      name,
      spec.flags.map((candidate) => candidate.name),
      '--',
    );
    throw new UsageError(`${spec.name} has no flag --${name}`, { column: word.start, next: near ?? hintOf(spec) });
  }
  if (flag.value === null) {
    if (equals >= 0) throw new UsageError(`--${name} takes no value`, { column: word.start, next: `write --${name} alone` });
    flags.set(name, true);
    return false;
  }
  const value = equals >= 0 ? word.text.slice(equals + 1) : following?.text;
  if (value === undefined) {
    throw new UsageError(`--${name} needs a value`, { column: word.end, next: `write --${name} ${valueName(flag)}` });
  }
  checkChoice(`--${name}`, flag.choices, value, equals >= 0 ? word.start : (following?.start ?? word.start));
  flags.set(name, value);
  return equals < 0;
}

function checkChoice(name: string, choices: readonly string[] | undefined, value: string, column: number): void {
  if (choices === undefined || choices.includes(value)) return;
  throw new UsageError(`${name} cannot be "${value}"`, { column, next: `choose ${choices.join(' or ')}` });
}

function tooMany(spec: CommandSpec, word: Word): UsageError {
  const quoting = spec.params.some((param) => param.kind === 'value' || param.kind === 'key');
  const next = quoting ? `${hintOf(spec)}; quote text that has spaces` : hintOf(spec);
  return new UsageError(`"${word.text}" is one word too many`, { column: word.start, next });
}

function hintOf(spec: CommandSpec): string {
  return `usage: ${usageOf(spec)}`;
}

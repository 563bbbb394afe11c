/** What could stand at the cursor: commands, flags, nodes, choices and, from the cluster, keys. */
import type { ClusterDriver } from '../cluster/driver.ts';
import { type CommandSpec, OUTPUTS, type ParamKind, type ParamSpec, type Surface, UsageError } from './command.ts';
import { GROUP_WORDS, NODE_WORDS } from './node-set.ts';
import { valueName } from './parse.ts';
import { asWord } from './quote.ts';
import { commandsFor } from './registry.ts';
import { repeatOf } from './repeat.ts';
import { FOREIGN_NAMES, shapeOf } from './spellings.ts';
import { splitWords, type Word } from './words.ts';

export interface Candidate {
  /** What is put into the line. */
  readonly text: string;
  /** What it is, in a few words; may be empty. */
  readonly summary: string;
}

/** The candidates replace `line.slice(from, to)`. */
export interface Completion {
  readonly from: number;
  readonly to: number;
  readonly candidates: readonly Candidate[];
}

const MOST_KEYS = 50;
const KEYS_DEADLINE_MS = 400;

/** Where the cursor stands: in which command, at which parameter, with which beginning. */
interface Place {
  readonly spec: CommandSpec | null;
  /** A number stands before the command. */
  readonly repeated: boolean;
  readonly words: readonly Word[];
  readonly typed: string;
  readonly from: number;
  /** The flag whose value is being written. */
  readonly flag: string | null;
  readonly position: number;
  readonly flagsEnded: boolean;
}

/** Never throws. Keys are read `stale`, so completion works without a leader and costs no quorum. */
export async function complete(
  line: string,
  cursor: number,
  driver: ClusterDriver,
  surface: Surface = 'shell',
): Promise<Completion> {
  const among = commandsFor(surface, driver.capabilities);
  const place = placeOf(line.slice(0, cursor), among);
  if (place === null) return { from: cursor, to: cursor, candidates: [] };
  const candidates = await candidatesAt(place, among, driver);
  return { from: place.from, to: cursor, candidates };
}

/** What all candidates begin with, when that is more than what is typed; null otherwise. */
export function commonBeginning(completion: Completion, line: string): string | null {
  const [first, ...others] = completion.candidates.map((candidate) => candidate.text);
  if (first === undefined) return null;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length -= 1;
  }
  const common = first.slice(0, length);
  const typed = line.slice(completion.from, completion.to);
  return common.length > typed.length ? common : null;
}

/** The newest history line that begins with what is typed, as the text that would follow; empty when there is none. */
export function ghostText(line: string, history: readonly string[]): string {
  if (line.trim() === '') return '';
  for (let i = history.length - 1; i >= 0; i -= 1) {
    const past = history[i];
    if (past !== undefined && past !== line && past.startsWith(line)) return past.slice(line.length);
  }
  return '';
}

/** What is still to come behind the word that stands there, as `VALUE [--deadline] [--secret]`; empty when nothing is known. */
export function argumentHint(line: string, surface: Surface = 'shell'): string {
  const place = placeOf(line, commandsFor(surface, null), true);
  if (place === null) return '';
  if (place.spec === null) return place.repeated && place.words.length === 0 ? 'COMMAND, as often as that' : '';
  if (place.flag !== null) {
    const flag = place.spec.flags.find((candidate) => candidate.name === place.flag);
    if (place.flag === FORM) return OUTPUTS.join('|');
    return flag === undefined ? '' : valueName(flag);
  }
  const params = place.spec.params.slice(place.position).map((param) => {
    const name = param.name.toUpperCase();
    return param.required ? name : `[${name}]`;
  });
  const used = new Set(place.words.filter((word) => !word.quoted).map((word) => word.text.split('=')[0]));
  const flags = place.spec.flags.filter((flag) => !used.has(`--${flag.name}`)).map((flag) => `[--${flag.name}]`);
  return [...params, ...flags].join(' ');
}

/** `behind`: the place behind the word that the cursor touches, as if that were written. */
function placeOf(before: string, among: readonly CommandSpec[], behind = false): Place | null {
  const words = readable(before);
  if (words === null) return null;
  const last = words.at(-1);
  const touching = !behind && last !== undefined && last.end === before.length;
  const done = touching ? words.slice(0, -1) : words;
  const typed = touching ? last.text : '';
  const from = touching ? last.start : before.length;
  const repeated = startsWithCount(done);
  const command = repeated ? done.slice(1) : done;
  const verb = command[0]?.text === 'fault' ? command.slice(1) : command;
  const name = verb[0];
  const base = { repeated, words: verb, typed, from, flag: null, position: 0, flagsEnded: false };
  if (name === undefined) return { ...base, spec: null };
  const spec = shapeOf(name.text, among);
  return spec === null ? null : { ...base, spec, ...progress(spec, verb.slice(1)) };
}

function startsWithCount(words: readonly Word[]): boolean {
  const [first] = words;
  // What follows is still to come.
  const rest = { text: '', start: 0, end: 0, quoted: false };
  try {
    return first !== undefined && repeatOf([first, rest]) !== null;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return false;
  }
}

/** A line that ends inside a quote or bracket is read as if it were closed there. */
function readable(before: string): readonly Word[] | null {
  for (const closing of ['', '"', "'"]) {
    try {
      return splitWords(before + closing).map((word) => ({ ...word, end: Math.min(word.end, before.length) }));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  return null;
}

/** What every command takes, whatever its own flags are. */
const FORM = 'write-out';
const FORM_FLAGS: readonly string[] = ['-w', `--${FORM}`];

function progress(spec: CommandSpec, words: readonly Word[]): Pick<Place, 'flag' | 'position' | 'flagsEnded'> {
  let position = 0;
  let flag: string | null = null;
  let flagsEnded = false;
  for (const word of words) {
    if (flag !== null) flag = null;
    else if (!flagsEnded && !word.quoted && FORM_FLAGS.includes(word.text)) flag = FORM;
    else if (!flagsEnded && !word.quoted && word.text === '--') flagsEnded = true;
    else if (!flagsEnded && !word.quoted && word.text.startsWith('--')) {
      const found = spec.flags.find((candidate) => `--${candidate.name}` === word.text);
      flag = found !== undefined && found.value !== null ? found.name : null;
    } else if (spec.params[position]?.rest !== true) position += 1;
  }
  return { flag, position, flagsEnded };
}

function candidatesAt(place: Place, among: readonly CommandSpec[], driver: ClusterDriver): Promise<readonly Candidate[]> {
  const { spec, typed } = place;
  if (spec === null) return Promise.resolve(verbs(place, among));
  if (place.flag !== null) {
    const flag = spec.flags.find((candidate) => candidate.name === place.flag);
    return valuesOf(flag?.value ?? 'text', place.flag === FORM ? OUTPUTS : flag?.choices, typed, driver);
  }
  if (typed.startsWith('-') && !place.flagsEnded) {
    const used = new Set(place.words.map((word) => word.text));
    const flags = spec.flags.filter((flag) => !used.has(`--${flag.name}`));
    return Promise.resolve(
      beginning(
        [
          ...flags.map((flag) => ({ text: `--${flag.name}`, summary: flag.summary })),
          ...(FORM_FLAGS.some((word) => used.has(word)) ? [] : [{ text: '-w', summary: `show it as ${OUTPUTS.join(', ')}` }]),
        ],
        typed,
      ),
    );
  }
  const param = spec.params[place.position];
  return param === undefined ? Promise.resolve([]) : valuesAt(param, typed, driver);
}

async function valuesAt({ kind, choices, also }: ParamSpec, typed: string, driver: ClusterDriver): Promise<readonly Candidate[]> {
  const values = await valuesOf(kind, choices, typed, driver);
  return also === undefined ? values : [...values, ...beginning(wordsOf(also), typed)];
}

/** Our names for things; those of others where none of ours begins so. */
function verbs(place: Place, among: readonly CommandSpec[]): readonly Candidate[] {
  if (place.words.length > 0) return [];
  const offered = place.repeated ? among.filter((spec) => spec.action === undefined) : among;
  const commands = offered.map((spec) => ({ text: spec.name, summary: spec.summary }));
  const own = beginning(
    place.from === 0 ? [...commands, { text: 'help', summary: 'Explain a command.' }] : commands,
    place.typed,
  );
  if (own.length > 0) return own;
  const aliases = offered.flatMap(({ name, aliases }) => aliases.map((text) => ({ text, summary: `The same as ${name}.` })));
  return beginning([...aliases, ...FOREIGN_NAMES.map((text) => ({ text, summary: '' }))], place.typed);
}

function beginning(candidates: readonly Candidate[], typed: string): readonly Candidate[] {
  return candidates.filter((candidate) => candidate.text.startsWith(typed));
}

async function valuesOf(
  kind: ParamKind,
  choices: readonly string[] | undefined,
  typed: string,
  driver: ClusterDriver,
): Promise<readonly Candidate[]> {
  if (choices !== undefined)
    return beginning(
      choices.map((text) => ({ text, summary: '' })),
      typed,
    );
  if (kind === 'key') return keysFor(typed, driver);
  if (kind === 'groups') return [...nodesFor(typed, driver), ...beginning(wordsOf(GROUP_WORDS), typed)];
  if (kind === 'node' || kind === 'node-set') return nodesFor(typed, driver);
  return [];
}

const wordsOf = (words: ReadonlyMap<string, string>): readonly Candidate[] =>
  [...words].map(([text, summary]) => ({ text, summary }));

/** Completes the last name of `n1,n2,...`, and what follows a `!`. */
function nodesFor(typed: string, driver: ClusterDriver): readonly Candidate[] {
  const head = /^(?:.*,)?!?/.exec(typed)?.[0] ?? '';
  const picture = driver.picture();
  const nodes = picture.nodes.map((node) => ({ text: node.id, summary: node.id === picture.leader ? 'leads' : node.state }));
  const names = [...nodes, ...wordsOf(NODE_WORDS)];
  return beginning(names, typed.slice(head.length)).map(({ text, summary }) => ({ text: head + text, summary }));
}

async function keysFor(typed: string, driver: ClusterDriver): Promise<readonly Candidate[]> {
  try {
    const query = { prefix: typed, limit: MOST_KEYS, keysOnly: true };
    const { kvs } = await driver.kv.range(query, { consistency: 'stale', deadlineMs: KEYS_DEADLINE_MS });
    return kvs.slice(0, MOST_KEYS).map((kv) => ({ text: asWord(kv.key), summary: '' }));
  } catch {
    // Completion is a convenience: a cluster that does not answer offers no keys.
    return [];
  }
}

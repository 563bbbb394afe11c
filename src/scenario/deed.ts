/** One sentence of a story: a verb of the story's own, or a command of the registry. */
import { LIMITS } from '../base/limits.ts';
import { UsageError } from '../commands/command.ts';
import { parseDuration } from '../commands/duration.ts';
import { parseInteger } from '../commands/flags.ts';
import { parseArguments } from '../commands/parse.ts';
import { COMMANDS, findCommand, namesOf } from '../commands/registry.ts';
import { didYouMean } from '../commands/suggest.ts';
import { splitWords } from '../commands/words.ts';
import { type Condition, parseCondition } from './condition.ts';
import type { Shape } from './world.ts';

export type Deed =
  | { readonly type: 'cluster'; readonly shape: Shape; readonly leader: string | null }
  /** `asks`: the reader should have an answer before going on. */
  | { readonly type: 'say'; readonly text: string; readonly asks: boolean }
  | { readonly type: 'let'; readonly name: string; readonly nodes: string }
  | { readonly type: 'lead'; readonly node: string }
  | { readonly type: 'wait'; readonly condition: Condition }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'expect'; readonly condition: Condition }
  | { readonly type: 'show'; readonly what: 'log' | 'roles' | 'keys'; readonly nodes: string }
  | Command
  /** Begun, not waited for; `finish` tells what came of it. */
  | { readonly type: 'begin'; readonly name: string; readonly command: Command }
  | { readonly type: 'finish'; readonly name: string }
  /** The same request once more, with the same number. */
  | { readonly type: 'retry'; readonly name: string; readonly at: string }
  /** Heals the newest fault whose sentence begins with these words. */
  | { readonly type: 'end'; readonly words: string }
  | { readonly type: 'repeat'; readonly times: number; readonly command: Command };

/** `at` is the node that is asked; null leaves that to the client. */
export interface Command {
  readonly type: 'command';
  readonly line: string;
  readonly at: string | null;
}

interface Verb {
  readonly name: string;
  /** How it is written. */
  readonly usage: readonly string[];
  readonly summary: string;
  /** Undefined when the words after the verb do not fit. */
  readonly parse: (rest: string) => Deed | undefined;
}

const NAME = /^[a-z][a-z0-9-]*$/;
const MOST_REPEATS = 1_000;
const MOST_ENTRIES = 100_000;
/** Names that mean nodes already, or could be mistaken for one. */
const TAKEN = /^(?:n\d+|all|leader|followers|random|minority|majority|marked)$/;

export const VERBS: readonly Verb[] = [
  {
    name: 'cluster',
    usage: ['cluster 5', 'cluster 5 led by n1', 'cluster 5 led by n1 with snapshots every 50'],
    summary: 'a fresh cluster that serves; every story begins with it. Snapshots: after so many entries',
    parse: (rest) => {
      const match = /^(\S+)(?: led by (\S+))?(?: with snapshots every (\S+))?$/.exec(rest);
      if (match === null) return undefined;
      const [, nodes = '', leader = null, entries] = match;
      const shape = {
        nodes: parseInteger(nodes, 'the number of nodes', 1, LIMITS.maxNodes),
        snapshotEntries: entries === undefined ? null : parseInteger(entries, 'the number of entries', 1, MOST_ENTRIES),
      };
      return { type: 'cluster', shape, leader };
    },
  },
  {
    name: 'say',
    usage: ['say Five nodes, and nobody leads yet.'],
    summary: 'tell the reader something',
    parse: (text) => ({ type: 'say', text, asks: false }),
  },
  {
    name: 'ask',
    usage: ['ask Which of them can still win?'],
    summary: 'ask the reader something, and leave time to think',
    parse: (text) => ({ type: 'say', text, asks: true }),
  },
  {
    name: 'let',
    usage: ['let old = leader', 'let n1 lead'],
    summary: 'name nodes, to be used as $old; or hand the lead to a node, however often it takes',
    parse: (rest) => {
      const lead = /^(\S+) leads?$/.exec(rest);
      if (lead !== null) return { type: 'lead', node: lead[1] ?? '' };
      const match = /^(\S+) = (\S.*)$/.exec(rest);
      const [, name = '', nodes = ''] = match ?? [];
      if (match === null || !NAME.test(name)) return undefined;
      if (TAKEN.test(name)) throw new UsageError(`"${name}" means nodes already`, { next: 'choose another name' });
      return { type: 'let', name, nodes };
    },
  },
  {
    name: 'wait',
    usage: ['wait for a leader', 'wait for a leader in !$old', 'wait until all agree', 'wait 2s'],
    summary: 'let time pass until something is so, at most 20 seconds; or for as long as is said',
    parse: (rest) => {
      if (rest.startsWith('until ')) return { type: 'wait', condition: parseCondition(rest.slice(6)) };
      if (rest.startsWith('for ')) return { type: 'wait', condition: parseCondition(rest.slice(4)) };
      return { type: 'pass', ms: parseDuration(rest) };
    },
  },
  {
    name: 'expect',
    usage: ['expect x = 1 on all', 'expect $old is not leader'],
    summary: 'the story fails when it is not so now',
    parse: (rest) => ({ type: 'expect', condition: parseCondition(rest) }),
  },
  {
    name: 'show',
    usage: ['show log', 'show log of n1,n2', 'show roles', 'show keys of $old'],
    summary: 'print logs (committed entries left of the bar), roles, or what each node has in its store',
    parse: (rest) => {
      const match = /^(log|roles|keys)(?: of (\S.*))?$/.exec(rest);
      const [, what, nodes = 'all'] = match ?? [];
      return what === 'log' || what === 'roles' || what === 'keys' ? { type: 'show', what, nodes } : undefined;
    },
  },
  {
    name: 'at',
    usage: ['at $old get x', 'at n3 get x --consistency stale'],
    summary: 'ask this node itself, which passes nothing on',
    parse: (rest) => parseCommand(`at ${rest}`),
  },
  {
    name: 'begin',
    usage: ['begin first: at n1 put x 1'],
    summary: 'send a request and do not wait for the answer',
    parse: (rest) => {
      const match = /^([a-z][a-z0-9-]*): (\S.*)$/.exec(rest);
      return match === null ? undefined : { type: 'begin', name: match[1] ?? '', command: parseCommand(match[2] ?? '') };
    },
  },
  {
    name: 'finish',
    usage: ['finish first'],
    summary: 'wait for that answer and print it',
    parse: (rest) => (NAME.test(rest) ? { type: 'finish', name: rest } : undefined),
  },
  {
    name: 'retry',
    usage: ['retry first at $new'],
    summary: 'send the same request again, under the same number, to another node',
    parse: (rest) => {
      const match = /^(\S+) at (\S+)$/.exec(rest);
      return match === null ? undefined : { type: 'retry', name: match[1] ?? '', at: match[2] ?? '' };
    },
  },
  {
    name: 'end',
    usage: ['end isolate n2', 'end partition'],
    summary: 'heal the fault that this sentence has set; its first words are enough',
    parse: (words) => (words === '' ? undefined : { type: 'end', words }),
  },
  {
    name: 'repeat',
    usage: ['repeat 20: put k{i} v{i}'],
    summary: 'a command several times; {i} counts from 1; prints the answers that differ from OK',
    parse: (rest) => {
      const match = /^(\d+): (\S.*)$/.exec(rest);
      if (match === null) return undefined;
      const times = parseInteger(match[1] ?? '', 'the number of times', 1, MOST_REPEATS);
      return { type: 'repeat', times, command: parseCommand(match[2] ?? '') };
    },
  },
];

/** Throws UsageError, with the verb that was probably meant. */
export function parseDeed(text: string): Deed {
  const [name = ''] = text.split(/\s/, 1);
  const verb = VERBS.find((each) => each.name === name);
  if (verb === undefined) return parseCommand(text);
  const deed = verb.parse(text.slice(name.length).trim());
  if (deed === undefined) throw new UsageError(`"${text}" cannot be understood`, { next: `write ${verb.usage.join(', or ')}` });
  return deed;
}

/** Checks the words against the command's spec; what nodes they mean is asked when it runs. */
function parseCommand(text: string): Command {
  const match = /^at (\S+) (\S.*)$/.exec(text);
  const [at, line] = match === null ? [null, text] : [match[1] ?? '', match[2] ?? ''];
  const [first, ...rest] = splitWords(line.replace(/^fault\s+/, ''));
  if (first === undefined) throw new UsageError('the line is empty');
  const spec = findCommand(first.text);
  if (spec === null) {
    const near = didYouMean(first.text, [...VERBS.map(({ name }) => name), ...namesOf(COMMANDS)]);
    throw new UsageError(`there is no verb "${first.text}"`, { next: near ?? 'docs/scenarios.md lists them' });
  }
  if (at !== null && spec.group !== 'keys and values')
    throw new UsageError(`${spec.name} is not asked of one node`, { next: `write ${line}` });
  if (spec.group !== 'keys and values' && rest.some(({ text: word }) => word.split(',').includes('random')))
    throw new UsageError('a story is the same every time: random has no place in it', { next: 'name a node' });
  parseArguments(spec, rest);
  return { type: 'command', line, at };
}

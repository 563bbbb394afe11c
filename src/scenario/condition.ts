/** What a story waits for or insists on. */
import { UsageError } from '../commands/command.ts';
import { parseInteger } from '../commands/flags.ts';
import { didYouMean } from '../commands/suggest.ts';

export const STANDINGS = ['up', 'down', 'paused', 'leader', 'follower', 'leaderless'] as const;
/** `leaderless`: it runs, does not lead and knows of nobody who does. */
export type Standing = (typeof STANDINGS)[number];

export type Condition =
  | { readonly type: 'leader'; readonly among: string }
  | { readonly type: 'no-leader' }
  /** The same log, all of it committed and applied. */
  | { readonly type: 'agree'; readonly nodes: string }
  | { readonly type: 'follow'; readonly nodes: string; readonly leader: string }
  | { readonly type: 'standing'; readonly nodes: string; readonly standing: Standing; readonly not: boolean }
  /** On its disk; `not`: none. What stands before it has left the log, but for a short tail. */
  | { readonly type: 'snapshot'; readonly nodes: string; readonly not: boolean }
  /** Of those that the story has added. */
  | { readonly type: 'entries'; readonly nodes: string; readonly count: number }
  | { readonly type: 'value'; readonly key: string; readonly value: string | null; readonly nodes: string };

/** The forms, as the page on the language lists them. */
export const CONDITIONS: readonly (readonly [form: string, meaning: string])[] = [
  ['a leader, a leader in NODES', 'one of them leads, in the newest term that any node knows of'],
  ['no leader', 'nobody leads who can be seen'],
  ['NODES agree', 'they run and have the same log, all of it committed and applied'],
  ['NODES follow NODE', 'they take that node for the leader'],
  [`NODES are [not] ${STANDINGS.join('|')}`, 'leaderless: it runs, does not lead, and knows of nobody who does'],
  ['NODES have N entries', 'that many of those that the story has added'],
  ['NODES have a snapshot, NODES have no snapshot', 'on their disks, taken by themselves or installed from a leader'],
  ['KEY = VALUE on NODES, KEY is absent on NODES', 'what each of them has in its own store'],
];

/** Throws UsageError. */
export function parseCondition(text: string): Condition {
  const words = text.trim();
  const condition = aboutLeaders(words) ?? aboutStores(words) ?? aboutNodes(words);
  if (condition === null) {
    throw new UsageError(`"${words}" is no condition`, { next: `write ${CONDITIONS.map(([form]) => form).join('; or ')}` });
  }
  return condition;
}

function aboutLeaders(text: string): Condition | null {
  if (text === 'no leader') return { type: 'no-leader' };
  const match = /^a leader(?: in (\S.*))?$/.exec(text);
  return match === null ? null : { type: 'leader', among: match[1] ?? 'all' };
}

function aboutStores(text: string): Condition | null {
  const absent = /^(\S+) is absent on (\S.*)$/.exec(text);
  if (absent !== null) return { type: 'value', key: absent[1] ?? '', value: null, nodes: absent[2] ?? '' };
  const match = /^(\S+) = (\S+) on (\S.*)$/.exec(text);
  return match === null ? null : { type: 'value', key: match[1] ?? '', value: match[2] ?? '', nodes: match[3] ?? '' };
}

function aboutNodes(text: string): Condition | null {
  const match = /^(\S.*?) (agrees?|follows?|has|have|is|are)(?: (\S.*))?$/.exec(text);
  const [, nodes = '', verb = '', rest = ''] = match ?? [];
  if (match === null) return null;
  if (verb.startsWith('agree')) return rest === '' ? { type: 'agree', nodes } : null;
  if (verb.startsWith('follow')) return rest === '' ? null : { type: 'follow', nodes, leader: rest };
  if (verb === 'has' || verb === 'have') {
    if (rest === 'a snapshot' || rest === 'no snapshot') return { type: 'snapshot', nodes, not: rest === 'no snapshot' };
    const entries = /^(no|\d+) entr(?:y|ies)$/.exec(rest);
    if (entries === null) return null;
    return { type: 'entries', nodes, count: entries[1] === 'no' ? 0 : parseInteger(entries[1] ?? '', 'the number', 0, 100_000) };
  }
  return standing(nodes, rest);
}

function standing(nodes: string, rest: string): Condition {
  const not = rest.startsWith('not ');
  const word = not ? rest.slice(4) : rest;
  const found = STANDINGS.find((each) => each === word || `${each}s` === word);
  if (found === undefined) {
    const near = didYouMean(word, STANDINGS);
    throw new UsageError(`a node cannot be "${word}"`, { next: near ?? `it can be ${STANDINGS.join(', ')}` });
  }
  return { type: 'standing', nodes, standing: found, not };
}

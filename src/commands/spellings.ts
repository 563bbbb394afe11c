/** What people type who come from redis-cli or etcdctl: said in our words, or told plainly that there is no such thing here. */
import { keyAfter } from '../kv/key-order.ts';
import { type CommandSpec, UsageError } from './command.ts';
import { findCommand } from './registry.ts';
import type { Word } from './words.ts';

/** From the words behind the command to the whole line; null when it is not what the other tool would take either. */
type Translation = (rest: readonly Word[], first: Word) => readonly Word[] | null;

const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  setnx: (rest, first) => [like(first, 'cas'), ...rest, like(first, '--absent')],
  dbsize: (rest, first) => (rest.length > 0 ? null : [like(first, 'range'), like(first, '--count')]),
  info: (rest, first) => (rest.length > 0 ? null : [like(first, 'status')]),
  unlink: (rest, first) => [like(first, 'del'), ...rest],
  exists: ([key, ...rest], first) => (key === undefined || rest.length > 0 ? null : countOf(key, first)),
  member: (rest, first) => (isOne(rest, 'list') ? [like(first, 'nodes')] : null),
  endpoint: (rest, first) => (isOne(rest, 'status') || isOne(rest, 'health') ? [like(first, 'status')] : null),
  'move-leader': (rest, first) => [like(first, 'transfer'), ...rest],
  get: rangeOfGet,
  keys: ([pattern, ...rest], first) => (pattern === undefined ? null : [first, ...plainPrefix(pattern), ...rest]),
  scan: scanOf,
};

const NO_SUCH: readonly (readonly [RegExp, string])[] = [
  [/^(p?expire(at)?|p?ttl|persist|setex|lease)$/, 'keys do not expire here'],
  [
    /^(incr|decr|incrby|decrby|append|getset)$/,
    'get the value, then cas KEY OLD NEW: it changes nothing if somebody else was quicker',
  ],
  [/^(multi|exec|discard|txn|eval)$/, 'each write stands for itself; cas KEY OLD NEW changes a key only if its value is OLD'],
  [/^flush(all|db)$/, 'there is no command that deletes all keys: del takes one, raftkv-tui rm a whole stopped cluster'],
  [/^(monitor|p?subscribe)$/, 'watch --prefix "" shows every change'],
  [/^member$/, 'member list and nodes name the members; raftkv-tui start COUNT settles how many a new cluster has'],
  [/^endpoint$/, 'endpoint status, endpoint health and status tell of every node'],
  [/^(compact|compaction|defrag|bgsave|save|snapshot)$/, 'nodes take snapshots and forget old versions by themselves'],
];

/** The words in our spelling; those that need none come back as they are. Throws UsageError for what there is not. */
export function translated(words: readonly Word[], among: readonly CommandSpec[]): readonly Word[] {
  const [first, ...rest] = words;
  if (first === undefined || first.quoted) return words;
  const name = first.text.toLowerCase();
  const own = findCommand(name, among);
  const said = Object.hasOwn(TRANSLATIONS, name) ? TRANSLATIONS[name]?.(rest, first) : undefined;
  if (said !== undefined && said !== null) return said;
  const next = own === null ? NO_SUCH.find(([pattern]) => pattern.test(name))?.[1] : undefined;
  if (next === undefined) return words;
  throw new UsageError(`there is no command "${first.text}"`, { column: first.start, next });
}

/** Words that others would type and that work, for did-you-mean. */
export const FOREIGN_NAMES: readonly string[] = Object.keys(TRANSLATIONS);

/** Whose words follow them: for completion and hints. */
const SHAPED_LIKE: Readonly<Record<string, string>> = { setnx: 'put', exists: 'get', unlink: 'del', 'move-leader': 'transfer' };

/** The command whose arguments this word takes, in whosever spelling; null for one that is not known. */
export function shapeOf(name: string, among: readonly CommandSpec[]): CommandSpec | null {
  const like = name.toLowerCase();
  return findCommand(name, among) ?? (Object.hasOwn(SHAPED_LIKE, like) ? findCommand(SHAPED_LIKE[like] ?? '', among) : null);
}

/** A word of ours in the place of theirs: it is a word of the grammar even where theirs was quoted. */
function like({ start, end }: Word, text: string): Word {
  return { text, start, end, quoted: false };
}

function isOne(rest: readonly Word[], word: string): boolean {
  return rest.length === 1 && rest[0]?.text === word;
}

/** How many keys there are from this one to just behind it: redis answers 1 or 0 as well. */
function countOf(key: Word, first: Word): readonly Word[] {
  return [like(first, 'range'), key, { ...key, text: keyAfter(key.text), quoted: true }, like(first, '--count')];
}

const RANGE_FLAGS: Readonly<Record<string, string>> = { '--count-only': '--count' };
const WITH_VALUE: readonly string[] = ['--limit', '--rev', '--consistency', '--read-from', '--deadline'];
const BARE: readonly string[] = ['--prefix', '--from-key', '--count-only', '--count', '--keys-only', '--reverse'];
const isOfRange = (text: string): boolean => [...BARE, ...WITH_VALUE].includes(text.replace(/=.*/, ''));

/** `get P --prefix`, `get A B`, `get A --from-key`: with etcd, a range is a kind of get. */
function rangeOfGet(rest: readonly Word[], first: Word): readonly Word[] | null {
  const keys: Word[] = [];
  const flags: Word[] = [];
  rest.forEach((word, i) => {
    const before = rest[i - 1];
    const isFlag = !word.quoted && word.text.startsWith('--');
    const isValue = before !== undefined && !before.quoted && WITH_VALUE.includes(before.text);
    (isFlag || isValue ? flags : keys).push(word);
  });
  // A flag that range does not have is get's to refuse, in its own name.
  if (flags.some(({ text, quoted }) => !quoted && /^--./.test(text) && !isOfRange(text))) return null;
  const [key, end, ...more] = keys;
  const has = (flag: string): boolean => flags.some(({ text, quoted }) => !quoted && text === flag);
  if (key === undefined || more.length > 0 || !(end !== undefined || has('--prefix') || has('--from-key'))) return null;
  const others = flags
    .filter(({ text }) => text !== '--prefix' && text !== '--from-key')
    .map((word) => ({ ...word, text: RANGE_FLAGS[word.text] ?? word.text }));
  const ends = end === undefined ? [] : [end];
  const which = has('--prefix') ? [like(first, '--prefix'), key] : [key, ...ends];
  return [like(first, 'range'), ...which, ...others];
}

/** `user:*` means all that begins with `user:`; quoted, a star is a star. */
function plainPrefix(pattern: Word): readonly Word[] {
  if (pattern.quoted || !/[*?]|\[.*\]/.test(pattern.text)) return [pattern];
  const prefix = pattern.text.slice(0, -1);
  if (pattern.text.endsWith('*') && !/[*?[]/.test(prefix))
    return prefix === '' ? [] : [{ ...pattern, text: prefix, quoted: true }];
  const next = 'write PREFIX*, or the beginning alone; quote a key that has stars in it';
  throw new UsageError(`the pattern "${pattern.text}" is not understood`, { column: pattern.start, next });
}

/** `scan 0 match user:* count 10`. The answer is whole, so the cursor is of no use. */
function scanOf(rest: readonly Word[], first: Word): readonly Word[] | null {
  const [cursor, match, pattern, count, limit, ...more] = rest;
  if (!/^\d+$/.test(cursor?.text ?? '') || match?.text.toLowerCase() !== 'match' || pattern === undefined) return null;
  const prefix = plainPrefix(pattern);
  const keys = [like(first, 'keys'), ...prefix];
  if (count === undefined) return keys;
  if (count.text.toLowerCase() !== 'count' || limit === undefined || more.length > 0) return null;
  return [...keys, like(count, '--limit'), limit];
}

/** put, get, del, range, keys, cas. */
import { LIMITS } from '../base/limits.ts';
import type { KeyValue, RangeQuery } from '../kv/commands.ts';
import {
  type CommandContext,
  type CommandResult,
  type CommandSpec,
  type ParamSpec,
  type ResultTable,
  UsageError,
} from './command.ts';
import { formatElapsed } from './duration.ts';
import {
  CONSISTENCY,
  callOptions,
  DEADLINE,
  integerFlag,
  READ_FROM,
  REVISION,
  readOptions,
  required,
  textFlag,
} from './flags.ts';
import { quote } from './quote.ts';
import { rangePages } from './range-pages.ts';
import { tsvRow } from './tsv.ts';

const KEY: ParamSpec = { name: 'key', kind: 'key', summary: 'the key, 1 to 1,024 bytes of UTF-8', required: true };
const VALUE: ParamSpec = { name: 'value', kind: 'value', summary: 'the new value, up to 1 MiB', required: true };
const DEFAULT_ROWS = LIMITS.rangeRows;

const put: CommandSpec = {
  name: 'put',
  aliases: ['set'],
  group: 'keys and values',
  summary: 'Set a key to a value; acknowledged once a majority has it on disk.',
  params: [KEY, VALUE],
  flags: [DEADLINE, { name: 'secret', value: null, summary: 'keep this line out of the history' }],
  examples: ['put user:42 ann', 'put greeting "hello, world"', 'put user:43 {"name": "Bo", "age": 7}'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  run: async (context, args) => {
    const started = performance.now();
    const written = await context.driver.kv.put(required(args, 'key'), required(args, 'value'), callOptions(context, args));
    return {
      lines: ['OK'],
      json: { revision: written.revision, index: written.index, term: written.term },
      exit: 0,
      trailer: `rev ${written.revision}  index ${written.index}  T${written.term}  ${since(started)}`,
    };
  },
};

const get: CommandSpec = {
  name: 'get',
  aliases: [],
  group: 'keys and values',
  summary: 'Show the value of a key.',
  params: [KEY],
  flags: [REVISION, CONSISTENCY, READ_FROM, DEADLINE],
  examples: ['get user:42', 'get user:42 --rev 1200', 'get user:42 --consistency stale'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  run: async (context, args) => {
    const started = performance.now();
    const key = required(args, 'key');
    const { kv, revision } = await context.driver.kv.get(key, readOptions(context, args));
    if (kv === null) {
      const json = { key, value: null, createRevision: 0, modRevision: 0, version: 0 };
      return { lines: ['(nil)'], raw: '', json, exit: 3, trailer: `no such key at rev ${revision}  ${since(started)}` };
    }
    const trailer = `${historyOf(kv)}  ${since(started)}`;
    return { lines: [quote(kv.value)], raw: kv.value, json: { ...kv }, exit: 0, trailer, table: tableOf([kv], false) };
  },
};

const del: CommandSpec = {
  name: 'del',
  aliases: ['delete'],
  group: 'keys and values',
  summary: 'Delete a key; exit code 3 when there was none.',
  params: [KEY],
  flags: [DEADLINE],
  examples: ['del user:42'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  run: async (context, args) => {
    const started = performance.now();
    const { deleted, revision } = await context.driver.kv.delete(required(args, 'key'), callOptions(context, args));
    return {
      lines: [`(integer) ${deleted ? 1 : 0}`],
      raw: deleted ? '1\n' : '0\n',
      json: { deleted, revision },
      exit: deleted ? 0 : 3,
      trailer: `${deleted ? '' : 'no such key  '}rev ${revision}  ${since(started)}`,
    };
  },
};

const cas: CommandSpec = {
  name: 'cas',
  aliases: [],
  group: 'keys and values',
  summary: 'Set a key only if its value is OLD (or, with --absent, only if it does not exist).',
  params: [
    KEY,
    { name: 'old', kind: 'value', summary: 'the value it must have (with --absent: the new value)', required: true },
    { name: 'new', kind: 'value', summary: 'the new value', required: false },
  ],
  flags: [{ name: 'absent', value: null, summary: 'the key must not exist: cas KEY NEW --absent' }, DEADLINE],
  examples: ['cas lock free taken', 'cas lock taken --absent'],
  surfaces: ['argv', 'shell'],
  needs: null,
  run: async (context, args) => {
    const started = performance.now();
    const absent = args.flags.has('absent');
    const second = args.values.get('new');
    if (absent && second !== undefined) throw new UsageError('--absent takes no OLD', { next: 'write cas KEY NEW --absent' });
    if (!absent && second === undefined)
      throw new UsageError('cas needs NEW', { next: 'write cas KEY OLD NEW, or cas KEY NEW --absent' });
    const value = second ?? required(args, 'old');
    const expect = absent ? null : required(args, 'old');
    const answer = await context.driver.kv.cas(required(args, 'key'), expect, value, callOptions(context, args));
    const current = answer.current === null ? '(nil)' : quote(answer.current);
    return {
      lines: answer.swapped ? ['OK'] : [`(unchanged) the value is ${current}`],
      json: { swapped: answer.swapped, current: answer.current, revision: answer.revision },
      exit: answer.swapped ? 0 : 3,
      trailer: `rev ${answer.revision}  ${since(started)}`,
    };
  },
};

const retry: CommandSpec = {
  name: 'retry',
  aliases: [],
  group: 'keys and values',
  summary: 'Ask the newest write of unknown outcome again, under its own number: it is never applied twice.',
  params: [],
  flags: [DEADLINE],
  examples: ['retry'],
  surfaces: ['shell'],
  needs: null,
  run: async (context, args) => {
    const started = performance.now();
    const done = await context.driver.kv.retryUnknown(callOptions(context, args));
    if (done === null) {
      const why = 'there is no write of unknown outcome to ask again: none was left open here, or many writes came after it';
      return { lines: [`(error) ${why}`, '  read the key instead'], json: { retried: null }, exit: 1, prose: true };
    }
    const name = done.method.slice(3);
    const json = { retried: name, key: done.key, revision: done.revision, changed: done.changed };
    const outcome = done.changed ? 'is done, once' : 'changed nothing';
    return {
      lines: [`${name} ${quote(done.key)} ${outcome}`],
      json,
      exit: 0,
      trailer: `rev ${done.revision}  ${since(started)}`,
    };
  },
};

const range: CommandSpec = {
  name: 'range',
  aliases: ['scan'],
  group: 'keys and values',
  summary: 'List keys from START up to, not including, END, in the order of their UTF-8 bytes.',
  params: [
    { name: 'start', kind: 'key', summary: 'the first key (default: the beginning)', required: false },
    { name: 'end', kind: 'key', summary: 'the key before which to stop (default: none)', required: false },
  ],
  flags: [
    { name: 'prefix', value: 'key', summary: 'only keys that begin with this' },
    { name: 'limit', value: 'number', summary: `at most this many (default ${DEFAULT_ROWS}; 0 means all)` },
    { name: 'reverse', value: null, summary: 'from the last to the first' },
    { name: 'keys-only', value: null, summary: 'without values' },
    { name: 'count', value: null, summary: 'only how many there are' },
    REVISION,
    CONSISTENCY,
    READ_FROM,
    DEADLINE,
  ],
  examples: ['range', 'range user: user;', 'range --prefix user: --limit 10 --reverse', 'range --prefix city: --count'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  run: (context, args) => {
    const query = {
      start: args.values.get('start') ?? '',
      end: args.values.get('end') ?? null,
      prefix: textFlag(args, 'prefix'),
      limit: integerFlag(args, 'limit', 0, 1e9) ?? DEFAULT_ROWS,
      reverse: args.flags.has('reverse'),
      keysOnly: args.flags.has('keys-only'),
      countOnly: args.flags.has('count'),
    };
    return listRange(context, query, readOptions(context, args));
  },
};

const keys: CommandSpec = {
  name: 'keys',
  aliases: [],
  group: 'keys and values',
  summary: 'List the keys that begin with PREFIX, without their values.',
  params: [{ name: 'prefix', kind: 'key', summary: 'the beginning (default: all keys)', required: false }],
  flags: [
    { name: 'limit', value: 'number', summary: `at most this many (default ${DEFAULT_ROWS}; 0 means all)` },
    CONSISTENCY,
    DEADLINE,
  ],
  examples: ['keys', 'keys user:'],
  surfaces: ['shell'],
  needs: null,
  run: (context, args) => {
    const limit = integerFlag(args, 'limit', 0, 1e9) ?? DEFAULT_ROWS;
    return listRange(context, { prefix: args.values.get('prefix') ?? null, limit, keysOnly: true }, readOptions(context, args));
  },
};

export const KV_COMMANDS: readonly CommandSpec[] = [put, get, del, range, keys, cas, retry];

async function listRange(
  { driver }: CommandContext,
  query: Partial<RangeQuery>,
  options: ReturnType<typeof readOptions>,
): Promise<CommandResult> {
  const started = performance.now();
  const kvs: KeyValue[] = [];
  let count = 0;
  let more = false;
  let revision = 0;
  let first = true;
  for await (const page of rangePages(driver.kv, query, options)) {
    if (first) count = page.count;
    first = false;
    for (const kv of page.kvs) kvs.push(kv);
    ({ more, revision } = page);
    if (query.countOnly === true) break;
  }
  const json = { kvs, count, more: query.countOnly === true ? false : more, revision };
  const trailer = `rev ${revision}  ${since(started)}`;
  if (query.countOnly === true) return { lines: [`(integer) ${count}`], raw: `${count}\n`, json, exit: 0, trailer };
  const keysOnly = query.keysOnly === true;
  const raw = kvs.map((kv) => `${tsvRow(keysOnly ? [kv.key] : [kv.key, kv.value])}\n`).join('');
  const rest = more ? `${count - kvs.length} more: raise --limit, or begin at the last key` : '';
  return {
    lines: rangeLines(kvs, keysOnly),
    raw,
    json,
    exit: 0,
    table: tableOf(kvs, keysOnly),
    trailer: [`${kvs.length} of ${count}`, rest, trailer].filter(Boolean).join('  '),
  };
}

function tableOf(kvs: readonly KeyValue[], keysOnly: boolean): ResultTable {
  const columns = ['KEY', ...(keysOnly ? [] : ['VALUE']), 'REV', 'VERSION', 'CREATED'];
  const rows = kvs.map(({ key, value, modRevision, version, createRevision }) => [
    quote(key),
    ...(keysOnly ? [] : [quote(value)]),
    String(modRevision),
    String(version),
    String(createRevision),
  ]);
  return { columns, rows };
}

function rangeLines(kvs: readonly KeyValue[], keysOnly: boolean): readonly string[] {
  if (kvs.length === 0) return ['(empty)'];
  const digits = String(kvs.length).length;
  return kvs.map((kv, i) => {
    const number = `${String(i + 1).padStart(digits)}) ${quote(kv.key)}`;
    return keysOnly ? number : `${number} ${quote(kv.value)}`;
  });
}

function historyOf(kv: KeyValue): string {
  return `rev ${kv.modRevision}  version ${kv.version}  created at rev ${kv.createRevision}`;
}

function since(started: number): string {
  return formatElapsed(performance.now() - started);
}

/** history, watch: what became of keys, and what becomes of them. */
import { LIMITS } from '../base/limits.ts';
import type { WatchEvent, WatchQuery } from '../cluster/driver.ts';
import type { Version } from '../kv/history.ts';
import type { HistoryResult } from '../kv/key-history.ts';
import {
  type Arguments,
  type CommandContext,
  type CommandResult,
  type CommandSpec,
  type ResultTable,
  UsageError,
} from './command.ts';
import { formatElapsed } from './duration.ts';
import { CONSISTENCY, DEADLINE, integerFlag, readOptions, required, textFlag } from './flags.ts';
import { quote } from './quote.ts';
import { tsvRow } from './tsv.ts';

const DEFAULT_VERSIONS = 50;

const history: CommandSpec = {
  name: 'history',
  aliases: ['versions'],
  group: 'keys and values',
  summary: 'List the versions of a key and its deletions, the newest first, as far back as the nodes remember.',
  params: [{ name: 'key', kind: 'key', summary: 'the key', required: true }],
  flags: [
    { name: 'limit', value: 'number', summary: `at most this many (default ${DEFAULT_VERSIONS}; 0 means all)` },
    { name: 'before', value: 'number', summary: 'only versions older than this revision' },
    CONSISTENCY,
    DEADLINE,
  ],
  examples: ['history user:42', 'history user:42 --limit 5 --before 1200'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  run: async (context, args) => {
    const started = performance.now();
    const key = required(args, 'key');
    const most = integerFlag(args, 'limit', 0, 1e9) ?? DEFAULT_VERSIONS;
    const { versions, ...last } = await versionsOf(context, args, key, most === 0 ? Number.POSITIVE_INFINITY : most);
    const json = { key, versions, ...last };
    const trailer = `rev ${last.revision}  ${reach(last)}  ${formatElapsed(performance.now() - started)}`;
    if (versions.length === 0) return { lines: ['(nothing)'], raw: '', json, exit: 3, trailer };
    const raw = versions.map((version) => `${tsvRow(fieldsOf(version))}\n`).join('');
    return { lines: versions.map(versionLine), raw, json, exit: 0, trailer, table: tableOf(versions) };
  },
};

async function versionsOf(context: CommandContext, args: Arguments, key: string, most: number): Promise<HistoryResult> {
  const versions: Version[] = [];
  let before = integerFlag(args, 'before', 1, Number.MAX_SAFE_INTEGER);
  for (;;) {
    const limit = Math.min(most - versions.length, LIMITS.historyRows);
    const page = await context.driver.kv.history(
      key,
      { limit, ...(before === null ? {} : { before }) },
      readOptions(context, args),
    );
    versions.push(...page.versions);
    const oldest = page.versions.at(-1);
    if (!page.more || oldest === undefined || versions.length >= most) return { ...page, versions };
    before = oldest.revision;
  }
}

function reach({ more, compactedBelow }: Pick<HistoryResult, 'more' | 'compactedBelow'>): string {
  if (more) return 'older ones are known: raise --limit';
  return compactedBelow === 0 ? 'since the beginning' : `replaced before rev ${compactedBelow}: forgotten`;
}

function versionLine(version: Version): string {
  const { revision, origin } = version;
  const what = version.type === 'put' ? `v${version.kv.version} ${quote(version.kv.value)}` : '(deleted)';
  const who = origin === null ? '' : `  ${new Date(origin.time).toISOString()}  index ${origin.index}${writerOf(origin.session)}`;
  return `rev ${revision}  ${what}${who}`;
}

function tableOf(versions: readonly Version[]): ResultTable {
  const rows = versions.map((version) => {
    const { revision, origin } = version;
    const [number, value] = version.type === 'put' ? [String(version.kv.version), quote(version.kv.value)] : ['', '(deleted)'];
    const when = origin === null ? '' : new Date(origin.time).toISOString();
    return [String(revision), number, value, when, String(origin?.index ?? ''), String(origin?.session ?? '')];
  });
  return { columns: ['REV', 'VERSION', 'VALUE', 'TIME', 'INDEX', 'SESSION'], rows };
}

function writerOf(session: number | null): string {
  return session === null ? '' : `  session ${session}`;
}

function fieldsOf(version: Version): readonly string[] {
  return version.type === 'put' ? [String(version.revision), 'put', version.kv.value] : [String(version.revision), 'delete', ''];
}

const watch: CommandSpec = {
  name: 'watch',
  aliases: [],
  group: 'keys and values',
  summary: 'Show changes of a key, or of all keys with a prefix, as they happen, until Ctrl-C.',
  params: [{ name: 'key', kind: 'key', summary: 'the key', required: false }],
  flags: [
    { name: 'prefix', value: 'key', summary: 'all keys that begin with this; "" means all keys' },
    { name: 'from-revision', value: 'number', summary: 'begin with this revision, which may be in the past' },
    { name: 'rev', value: 'number', summary: 'the same, as etcdctl spells it' },
    { name: 'previous', value: null, summary: 'tell also what each change replaced' },
    { name: 'limit', value: 'number', summary: 'stop after this many changes' },
    DEADLINE,
  ],
  examples: ['watch user:42', 'watch --prefix user: --previous', 'watch --prefix "" --from-revision 1200'],
  surfaces: ['argv', 'shell'],
  needs: null,
  run: async (context, args) => {
    const { driver, signal, emit } = context;
    const query = watchQuery(args);
    const most = integerFlag(args, 'limit', 1, 1e9) ?? Number.POSITIVE_INFINITY;
    const { deadlineMs } = readOptions(context, args);
    let events = 0;
    let last = 0;
    const changes = driver.kv.watch(query, {
      signal,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      onTrouble: (error, revision) =>
        void emit?.({ lines: [`(${error.message} Going on from rev ${revision + 1})`], raw: '', json: null }),
    });
    for await (const event of changes) {
      events += 1;
      last = event.revision;
      await emit?.({ lines: [eventLine(event)], raw: `${tsvRow(eventFields(event))}\n`, json: event });
      if (events >= most) break;
    }
    return { lines: [], raw: '', json: null, exit: 0, trailer: seen(events, last) } satisfies CommandResult;
  },
};

function watchQuery(args: Arguments): WatchQuery {
  const [key, prefix] = [args.values.get('key'), textFlag(args, 'prefix')];
  if ((key === undefined) === (prefix === null)) {
    throw new UsageError('watch takes a key or --prefix', {
      next: 'write watch KEY, or watch --prefix P; --prefix "" means all keys',
    });
  }
  const [from, rev] = ['from-revision', 'rev'].map((name) => integerFlag(args, name, 1, Number.MAX_SAFE_INTEGER));
  const fromRevision = from ?? rev ?? null;
  return {
    ...(key === undefined ? { prefix: prefix ?? '' } : { key }),
    ...(fromRevision === null ? {} : { fromRevision }),
    ...(args.flags.has('previous') ? { previous: true } : {}),
  };
}

function eventLine({ type, key, revision, kv, previous }: WatchEvent): string {
  const before = previous === undefined ? '' : `  was ${previous === null ? '(nil)' : quote(previous.value)}`;
  return type === 'put'
    ? `rev ${revision}  put ${quote(key)} ${quote(kv?.value ?? '')}${before}`
    : `rev ${revision}  del ${quote(key)}${before}`;
}

function eventFields({ type, key, revision, kv }: WatchEvent): readonly string[] {
  return [String(revision), type, key, kv?.value ?? ''];
}

function seen(events: number, last: number): string {
  return events === 0 ? 'nothing changed' : `${events} ${events === 1 ? 'change' : 'changes'}, the last at rev ${last}`;
}

export const PAST_COMMANDS: readonly CommandSpec[] = [history, watch];

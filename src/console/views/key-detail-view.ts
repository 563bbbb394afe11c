/** One key over the whole body: its versions, the value of the chosen one with what changed in it, and what each node has. */
import { timeText } from '../../commands/wording.ts';
import type { KeyValue } from '../../kv/commands.ts';
import type { Version } from '../../kv/history.ts';
import { bytesText } from '../format.ts';
import { valueRows } from '../json-rows.ts';
import { detailOf, type KeyDetail, type ReplicaRow, replicaRows, type Verdict } from '../key-detail.ts';
import { type Area, scrollTop } from '../layout.ts';
import { lineDiff } from '../line-diff.ts';
import { fitHeight, plainText, type Row, type Style, selectRow, span } from '../rows.ts';
import type { ConsoleState, Overlay } from '../state.ts';
import type { Glyphs } from '../theme.ts';
import { foreign } from '../width.ts';
import { cell, table, titleRow } from './parts.ts';

const VERDICT: Readonly<Record<Verdict, Style>> = { same: 'good', behind: 'warn', ahead: 'warn', differs: 'bad', silent: 'dim' };
const WORDS: Readonly<Record<Verdict, string>> = {
  same: 'same',
  behind: 'behind',
  ahead: 'ahead',
  differs: 'DIFFERS',
  silent: '-',
};

type Open = Extract<Overlay, { type: 'value' }>;

interface Parts {
  readonly versions: readonly Version[];
  readonly list: readonly Row[];
  readonly replicas: readonly Row[];
  /** Rows that are left for the value and its title. */
  readonly room: number;
}

export function keyDetailView(state: ConsoleState, open: Open, area: Area, look: Glyphs): readonly Row[] {
  const { versions, list, replicas, room } = partsOf(state, open, area, look);
  const { width } = area;
  const chosen = versions[open.version] ?? null;
  const value = valuePart(chosen, versions[open.version + 1] ?? null, open.top, { width, height: room }, look);
  const title = titleRow(`KEY ${foreign(open.key, width)}`, width, look, chosen === null ? [] : aboutOf(chosen));
  return [title, ...list, ...replicas, ...value];
}

/** How far the value can be scrolled. */
export function lastTopOfValue(state: ConsoleState, open: Open, area: Area, look: Glyphs): number {
  const { versions, room } = partsOf(state, open, area, look);
  const chosen = versions[open.version];
  if (chosen?.type !== 'put') return 0;
  return valueLines(chosen, versions[open.version + 1] ?? null, area.width).lines.length - Math.max(1, room - 1);
}

function partsOf(state: ConsoleState, open: Open, { width, height }: Area, look: Glyphs): Parts {
  const detail = detailOf(state, open.key);
  const versions = versionsOf(state, open.key, detail);
  const replicas = replicaPanel(detail, width, look, height >= 26);
  const listed = Math.max(2, Math.min(versions.length, Math.floor((height - replicas.length) * 0.35)));
  const list = versionPanel(versions, open.version, detail, { width, height: listed + 1 }, look);
  return { versions, list, replicas, room: Math.max(1, height - 1 - list.length - replicas.length) };
}

/** What is known before the history has come: the version in the list. */
function versionsOf({ keys }: ConsoleState, key: string, detail: KeyDetail | null): readonly Version[] {
  if (detail !== null && detail.history !== null) return detail.history.versions;
  const kv = keys.rows.find((row) => row.key === key);
  return kv === undefined ? [] : [{ type: 'put', revision: kv.modRevision, kv, origin: null }];
}

function aboutOf(version: Version): Row {
  if (version.type === 'delete') return [span('deleted', 'warn')];
  const { kv } = version;
  return [span(`created at rev ${kv.createRevision}  ${bytesText(Buffer.byteLength(kv.value))}`, 'dim')];
}

function versionPanel(
  versions: readonly Version[],
  cursor: number,
  detail: KeyDetail | null,
  { width, height }: Area,
  look: Glyphs,
): readonly Row[] {
  const title = titleRow(
    `VERSIONS ${versions.length === 0 ? '' : `${cursor + 1} of ${versions.length}`}`,
    width,
    look,
    reachOf(detail),
  );
  if (versions.length === 0) {
    return [title, cell(detail?.loadedAt == null ? ' Asking the nodes' : ' Nothing is remembered of this key.', 'dim')];
  }
  const top = scrollTop(versions.length, cursor, height - 1);
  const shown = versions.slice(top, top + height - 1);
  const here = (i: number): boolean => top + i === cursor;
  const column = (textOf: (version: Version) => string): readonly Row[] => shown.map((version) => cell(textOf(version), 'dim'));
  const { rows } = table(
    [
      {
        title: '',
        align: 'left',
        keep: 100,
        cells: shown.map(({ revision }, i) => [
          span(here(i) ? `${look.cursor} ` : '  ', 'key'),
          span(`rev ${revision}`, here(i) ? 'bold' : 'plain'),
        ]),
      },
      { title: '', align: 'left', keep: 60, cells: column((each) => (each.type === 'put' ? `v${each.kv.version}` : '-')) },
      { title: '', align: 'left', keep: 50, cells: column(({ origin }) => (origin === null ? '' : timeText(origin.time, true))) },
      { title: '', align: 'left', keep: 40, cells: column(({ origin }) => (origin === null ? '' : `index ${origin.index}`)) },
      { title: '', align: 'left', keep: 30, cells: column(writerOf) },
      {
        title: '',
        align: 'left',
        keep: 80,
        shrinkTo: 10,
        cells: shown.map((each) => (each.type === 'put' ? cell(foreign(each.kv.value, width)) : cell('deleted', 'warn'))),
      },
    ],
    width,
    look,
  );
  return [title, ...rows.map((line, i) => (here(i) ? selectRow(line, width, look.ellipsis) : line))];
}

function writerOf({ origin }: Version): string {
  return origin === null || origin.session === null ? '' : `session ${origin.session}`;
}

function reachOf(detail: KeyDetail | null): Row {
  if (detail === null) return [];
  if (detail.problem !== null) return [span(detail.problem, 'bad')];
  if (detail.history === null) return [];
  const { more, compactedBelow } = detail.history;
  if (more) return [span('older ones: history KEY', 'dim')];
  return compactedBelow === 0 ? [] : [span(`replaced before rev ${compactedBelow}: forgotten`, 'dim')];
}

/** A row for each node where there is room, else one for all. */
export function replicaPanel(detail: KeyDetail | null, width: number, look: Glyphs, roomy: boolean): readonly Row[] {
  const rows = detail === null ? [] : replicaRows(detail);
  const title = titleRow('ON EACH NODE', width, look, detail?.loadedAt == null ? [span('asking', 'dim')] : []);
  if (rows.length === 0) return roomy ? [title] : [];
  if (!roomy) return [rows.flatMap((each) => [span(` ${each.node} `, 'dim'), span(shortText(each), VERDICT[each.verdict])])];
  const { rows: lines } = table(
    [
      { title: '', align: 'left', keep: 100, cells: rows.map(({ node }) => cell(` ${node}`, 'bold')) },
      { title: '', align: 'left', keep: 90, cells: rows.map(({ verdict }) => cell(WORDS[verdict], VERDICT[verdict])) },
      { title: '', align: 'left', keep: 80, cells: rows.map(({ text }) => cell(text)) },
      {
        title: '',
        align: 'left',
        keep: 50,
        shrinkTo: 8,
        cells: rows.map(({ other }) => cell(foreign(other?.value ?? '', width), 'warn')),
      },
    ],
    width,
    look,
  );
  return [title, ...lines];
}

function shortText({ verdict, text, other }: ReplicaRow): string {
  if (verdict === 'silent') return text;
  return verdict === 'same' ? WORDS.same : `${WORDS[verdict]} (${other === null ? 'not there' : `rev ${other.modRevision}`})`;
}

function valuePart(
  chosen: Version | null,
  before: Version | null,
  top: number,
  { width, height }: Area,
  look: Glyphs,
): readonly Row[] {
  if (chosen === null) return [titleRow('VALUE', width, look)];
  if (chosen.type === 'delete') return [titleRow('DELETED', width, look), cell(' The version below is what was deleted.', 'dim')];
  const { kind, lines, cut } = valueLines(chosen, before, width);
  const room = Math.max(1, height - 1);
  const from = Math.max(0, Math.min(top, lines.length - room));
  const shown = lines.slice(from, from + room);
  const part = lines.length > room || cut ? `lines ${from + 1}..${from + shown.length}${cut ? '' : ` of ${lines.length}`}` : '';
  const compared = before?.type === 'put' ? `against rev ${before.revision}` : '';
  const remark = [compared, part].filter(Boolean).join('  ');
  return [titleRow(kind === 'empty' ? '(empty)' : kind, width, look, remark === '' ? [] : [span(remark, 'dim')]), ...shown];
}

/** The value with what changed in it since the version before. */
function valueLines(
  chosen: Version & { readonly type: 'put' },
  before: Version | null,
  width: number,
): { readonly kind: string; readonly lines: readonly Row[]; readonly cut: boolean } {
  const { kind, rows, cut } = valueRows(chosen.kv.value, Math.max(8, width - 3));
  const old = before?.type === 'put' ? valueRows(before.kv.value, Math.max(8, width - 3)).rows : null;
  const lines = (old === null ? rows.map((line) => ({ mark: ' ' as const, line })) : lineDiff(old, rows, plainText)).map(
    ({ mark, line }): Row => [span(`${mark} `, mark === '+' ? 'good' : mark === '-' ? 'bad' : 'plain', mark !== ' '), ...line],
  );
  return { kind, lines, cut };
}

/** Under the value pane of a large screen. */
export function replicasBelow(state: ConsoleState, kv: KeyValue, width: number, look: Glyphs): readonly Row[] {
  const detail = detailOf(state, kv.key);
  return fitHeight(replicaPanel(detail, width, look, true), state.picture.nodes.length + 1);
}

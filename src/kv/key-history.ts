/** What became of one key, version by version, a page at a time. */
import type { Revision } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { KeyValue } from './commands.ts';
import type { ReadonlyHistory, Version } from './history.ts';
import { jsonBytes, RANGE_LIMITS, type RangeLimits } from './range.ts';

export interface HistoryQuery {
  readonly key: string;
  /** 0: as many as one answer holds. */
  readonly limit: number;
  /** Only versions older than this revision; null: from the newest. */
  readonly before: Revision | null;
}

export interface HistoryResult {
  /** From the newest to the oldest that is known. */
  readonly versions: readonly Version[];
  /** Older ones are known: go on with `before` at the last revision. */
  readonly more: boolean;
  /** The state at this revision and all later ones is known; of what came before, nothing but what was left of it then. */
  readonly compactedBelow: Revision;
  readonly revision: Revision;
}

/** What one answer may hold of the versions of a key. */
export const HISTORY_ANSWER: RangeLimits = { rows: LIMITS.historyRows, bytes: RANGE_LIMITS.bytes };

/** At least one version if there is any, however large. `now` is what the key is. */
export function keyHistory(
  history: ReadonlyHistory,
  now: KeyValue | null,
  { key, limit, before }: HistoryQuery,
  limits: RangeLimits = HISTORY_ANSWER,
): HistoryResult {
  const mostRows = Math.min(limits.rows, limit === 0 ? limits.rows : limit);
  const versions: Version[] = [];
  let bytes = 0;
  let more = false;
  for (const version of history.versionsOf(key, now)) {
    if (before !== null && version.revision >= before) continue;
    bytes += jsonBytes(key) + (version.type === 'put' ? jsonBytes(version.kv.value) : 0);
    more = versions.length >= mostRows || (bytes > limits.bytes && versions.length > 0);
    if (more) break;
    versions.push(version);
  }
  return { versions, more, compactedBelow: history.compactedBelow, revision: history.newest };
}

/** Which configuration is in force: the newest in the log, committed or not (Raft §6). A function of the log alone. */
import { assert } from '../base/assert.ts';
import { type LogIndex, logIndex, type NodeId, nodeId } from '../base/brand.ts';
import { LIMITS } from '../base/limits.ts';
import type { Configuration, Entry } from './messages.ts';
import { type EntryRow, PackedRow } from './packed-row.ts';
import { isVoter, membersOf } from './quorum.ts';

interface InForce {
  readonly from: LogIndex;
  readonly configuration: Configuration;
}

export class Membership {
  /** Rising by `from`; the first is the one the cluster was created with, or the snapshot's, and is never truncated. */
  #history: InForce[];
  #members: readonly NodeId[];

  /** `initial` is in force at `from`; `entries` that are not beyond it are part of it already. */
  constructor(initial: Configuration, entries: EntryRow, from: LogIndex = logIndex(0)) {
    this.#history = [{ from, configuration: initial }];
    this.#members = membersOf(initial);
    const changes = entries instanceof PackedRow ? entries.configurations() : entries;
    for (const entry of changes) if (entry.index > from) this.append(entry);
  }

  /** The configuration in force at `index`, which is not compacted. */
  at(index: LogIndex): Configuration {
    return (this.#history.findLast(({ from }) => from <= index) ?? this.#newest()).configuration;
  }

  /** The log began anew after a snapshot: its configuration holds, and no other (openraft#1808). */
  restore(configuration: Configuration, from: LogIndex): void {
    this.#history = [{ from, configuration }];
    this.#members = membersOf(configuration);
  }

  /** What was in force before `upTo` is not asked for any more. */
  compact(upTo: LogIndex): void {
    const kept = this.#history.findLastIndex(({ from }) => from <= upTo);
    if (kept > 0) this.#history = this.#history.slice(kept);
  }

  get current(): Configuration {
    return this.#newest().configuration;
  }

  /** Everybody in the configuration in force, learners too. */
  get members(): readonly NodeId[] {
    return this.#members;
  }

  isVoter(id: NodeId): boolean {
    return isVoter(this.current, id);
  }

  append(entry: Entry): void {
    if (entry.kind !== 'config') return;
    const configuration = configurationFrom(entry.data);
    // Every member reads the same text, so all of them ignore the same nonsense.
    if (configuration === null) return;
    this.#history.push({ from: entry.index, configuration });
    this.#members = membersOf(configuration);
  }

  /** The log lost `from` and all after it: what was decided there is void. */
  truncate(from: LogIndex): void {
    while (this.#history.length > 1 && this.#newest().from >= from) this.#history.pop();
    this.#members = membersOf(this.current);
  }

  #newest(): InForce {
    const newest = this.#history[this.#history.length - 1];
    assert(newest !== undefined, 'there is always a configuration in force');
    return newest;
  }
}

/** Reads the data of a 'config' entry; null when it is not a usable configuration. Never throws. */
export function configurationFrom(text: string): Configuration | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const voters = namesIn(value, 'voters');
  const outgoing = namesIn(value, 'outgoing');
  const learners = namesIn(value, 'learners');
  if (voters === null || outgoing === null || learners === null || voters.length === 0) return null;
  if (learners.some((id) => voters.includes(id) || outgoing.includes(id))) return null;
  return { voters, outgoing, learners };
}

export function configurationText({ voters, outgoing, learners }: Configuration): string {
  return JSON.stringify({ voters, outgoing, learners });
}

function namesIn(value: object, field: string): readonly NodeId[] | null {
  const names: unknown = Object.getOwnPropertyDescriptor(value, field)?.value;
  if (!Array.isArray(names) || names.length > LIMITS.maxNodes) return null;
  const distinct = new Set<NodeId>();
  for (const name of names) {
    if (typeof name !== 'string' || name === '') return null;
    distinct.add(nodeId(name));
  }
  return distinct.size === names.length ? [...distinct] : null;
}

/**
 * The store as it should be: committed commands applied to plain maps, with the whole past kept. Written apart from
 * kv/machine.ts, so that the two can only agree by being right, or by the same mistake made twice.
 */
import { assert } from '../base/assert.ts';
import { type Revision, revision } from '../base/brand.ts';
import { decodeCommand } from '../kv/command-text.ts';
import type { Command, KeyValue, Reply, RequestId } from '../kv/commands.ts';
import type { Entry } from '../raft/messages.ts';

type Write = Exclude<Command, { type: 'open-session' }>;

interface ModelSession {
  forgotten: number;
  readonly replies: Map<number, Reply>;
}

/** One state of one key; null after a deletion. */
interface Version {
  readonly since: number;
  readonly kv: KeyValue | null;
}

const EXPIRED: Reply = { type: 'session-expired' };

export class StoreModel {
  readonly #keys = new Map<string, Version[]>();
  readonly #sessions = new Map<number, ModelSession>();
  /** `#replies[i]` answers the entry at index i + 1; null for one of Raft's own. */
  readonly #replies: (Reply | null)[] = [];
  /** Written values and the revision at which each took effect. */
  readonly #effects = new Map<string, Revision>();
  readonly #valuesRepeat: boolean;
  #revision = 0;

  /** `valuesRepeat`: two writes may have the same value, so that a write cannot be told by it. */
  constructor(valuesRepeat = false) {
    this.#valuesRepeat = valuesRepeat;
  }

  /** Entries applied. */
  get index(): number {
    return this.#replies.length;
  }

  get revision(): Revision {
    return revision(this.#revision);
  }

  /** Throws InvariantViolation when a value that is written once takes effect twice. */
  apply(entry: Entry): void {
    const command = entry.kind === 'command' ? decodeCommand(entry.data) : null;
    this.#replies.push(command === null ? null : this.#reply(entry.index, command));
  }

  replyAt(index: number): Reply | null {
    return this.#replies[index - 1] ?? null;
  }

  /** The revision at which the write of this value took effect; null when it did not. */
  effectOf(value: string): Revision | null {
    return this.#effects.get(value) ?? null;
  }

  /** A key as it was at a revision. */
  at(key: string, seenAt: number): KeyValue | null {
    return this.#keys.get(key)?.findLast(({ since }) => since <= seenAt)?.kv ?? null;
  }

  /** What became of a key, from its newest version to its first; null stands for a deletion. */
  versionsOf(key: string): readonly { readonly since: number; readonly kv: KeyValue | null }[] {
    return (this.#keys.get(key) ?? []).toReversed();
  }

  /** All keys that there were at a revision, in the order of plain ASCII. */
  allAt(seenAt: number): readonly KeyValue[] {
    const kvs = [...this.#keys.keys()].sort().map((key) => this.at(key, seenAt));
    return kvs.filter((kv) => kv !== null);
  }

  #reply(index: number, command: Command): Reply {
    if (command.type === 'open-session') {
      this.#sessions.set(index, { forgotten: 0, replies: new Map() });
      return { type: 'session', session: index };
    }
    return command.request === null ? this.#write(command) : this.#once(command.request, command);
  }

  #once({ session: id, sequence, acknowledged }: RequestId, command: Write): Reply {
    const session = this.#sessions.get(id);
    if (session === undefined) return EXPIRED;
    session.forgotten = Math.max(session.forgotten, acknowledged);
    if (sequence <= session.forgotten) return EXPIRED;
    const reply = session.replies.get(sequence) ?? this.#write(command);
    session.replies.set(sequence, reply);
    return reply;
  }

  #write(command: Write): Reply {
    const current = this.at(command.key, this.#revision);
    switch (command.type) {
      case 'put':
        return { type: 'put', revision: this.#put(command.key, command.value, current) };
      case 'delete':
        if (current === null) return { type: 'delete', deleted: false, revision: this.revision };
        this.#revision += 1;
        this.#keep(command.key, null);
        return { type: 'delete', deleted: true, revision: this.revision };
      case 'cas': {
        const value = current?.value ?? null;
        if (value !== command.expect) return { type: 'cas', swapped: false, current: value, revision: this.revision };
        const at = this.#put(command.key, command.value, current);
        return { type: 'cas', swapped: true, current: command.value, revision: at };
      }
    }
  }

  #put(key: string, value: string, current: KeyValue | null): Revision {
    this.#revision += 1;
    const at = this.revision;
    const earlier = this.#effects.get(value);
    assert(earlier === undefined || this.#valuesRepeat, 'a write takes effect at most once', () => ({
      key,
      value: value.slice(0, 20),
      earlier,
      at,
    }));
    this.#effects.set(value, at);
    const version = (current?.version ?? 0) + 1;
    this.#keep(key, { key, value, createRevision: current?.createRevision ?? at, modRevision: at, version });
    return at;
  }

  #keep(key: string, kv: KeyValue | null): void {
    const versions = this.#keys.get(key) ?? [];
    this.#keys.set(key, versions);
    versions.push({ since: this.#revision, kv });
  }
}

/**
 * The whole state at one moment, in chunks, while writing goes on (dissertation §5.1). Nothing is copied at that moment: the store
 * keeps the versions that the cut still sees, the session table copies what it is about to change.
 */
import { type Revision, revision } from '../base/brand.ts';
import { keyAfter } from './key-order.ts';
import { emptyParts, Machine, type MachineParts } from './machine.ts';
import type { SessionCut, SessionRecord } from './sessions.ts';
import { ChunkWriter, readChunk } from './snapshot-records.ts';
import { wholeHash } from './state-parts.ts';
import { Passed, type Pin, type Versions } from './versions.ts';

/** What a snapshot says it holds; a reader counts along. */
export interface StateCounts {
  readonly keys: number;
  readonly sessions: number;
  /** Of the state, as replicas compare it; null where nobody can tell. */
  readonly hash: number | null;
}

const NOT_YET = Buffer.alloc(0);

/** A consistent cut. Ended by `using` or by hand; until then the store keeps old versions for it. */
export interface StateCut extends Disposable {
  readonly counts: StateCounts;
  /**
   * The next chunk of about `chunkBytes`, good until the next call; null after the last. An empty one says that there was enough to do
   * for one turn of the event loop: where a chunk ends depends on the state alone, so that all members write the same bytes.
   */
  next(): Buffer | null;
}

/** The present state of `machine`, in chunks of about `chunkBytes`. */
export function cutOf(machine: Machine, chunkBytes: number): StateCut {
  return new PinnedCut(machine.parts(), chunkBytes);
}

class PinnedCut implements StateCut {
  readonly counts: StateCounts;
  readonly #versions: Versions;
  readonly #pin: Pin;
  readonly #chunkBytes: number;
  readonly #writer = new ChunkWriter();
  readonly #walk: ReturnType<Versions['packedWalkAt']>;
  readonly #sessionCut: SessionCut;
  readonly #sessions: Iterator<SessionRecord>;
  #sessionsDone = false;
  /** Where the walk over the keys goes on; null at its end. */
  #from: string | null = '';

  constructor({ versions, sessions, sum, revision: at }: MachineParts, chunkBytes: number) {
    this.#versions = versions;
    this.#chunkBytes = chunkBytes;
    this.#pin = versions.pin(at, true);
    this.#walk = versions.packedWalkAt(this.#pin);
    this.#sessionCut = sessions.cut();
    this.#sessions = this.#sessionCut.records();
    this.counts = { keys: versions.newest.size, sessions: this.#sessionCut.size, hash: wholeHash(sum, at) };
    this.#writer.state(at);
  }

  next(): Buffer | null {
    while (this.#writer.size < this.#chunkBytes && !this.#sessionsDone) this.#takeSession();
    while (this.#writer.size < this.#chunkBytes && this.#from !== null) {
      if (!this.#takeKey(this.#from)) return NOT_YET;
    }
    return this.#writer.size === 0 ? null : this.#writer.take();
  }

  [Symbol.dispose](): void {
    this.#versions.unpin(this.#pin);
    this.#sessionCut[Symbol.dispose]();
  }

  #takeSession(): void {
    const { done, value } = this.#sessions.next();
    if (done === true) {
      this.#sessionsDone = true;
      return;
    }
    this.#writer.session(value);
    for (const [sequence, reply] of value.replies) this.#writer.reply(sequence, reply);
  }

  /** False when many keys were passed over that came later. */
  #takeKey(from: string): boolean {
    const packed = this.#walk(from, null);
    if (packed instanceof Passed) {
      this.#from = packed.from;
      return false;
    }
    if (packed !== null) this.#writer.key(packed);
    this.#from = packed === null ? null : keyAfter(packed.key);
    return true;
  }
}

/** Builds the state that a snapshot holds, chunk by chunk. */
export class Restore {
  readonly #parts = emptyParts();
  #revision: Revision | null = null;
  #session: number | null = null;

  /** Throws for a chunk that no cut has written, or out of its order. */
  add(bytes: Buffer): void {
    const { sessions, versions } = this.#parts;
    readChunk(bytes, {
      state: (at) => {
        if (this.#revision !== null) throw new RangeError('the state comes first, and once');
        this.#revision = revision(at);
      },
      session: (session) => {
        this.#checkState();
        this.#session = session.id;
        sessions.restore(session);
      },
      reply: (sequence, reply) => {
        this.#checkState();
        if (this.#session === null) throw new RangeError('an answer belongs to a session');
        sessions.restoreReply(this.#session, sequence, reply);
      },
      key: (key, record, chunk) => {
        this.#checkState();
        versions.restore(key, record, chunk);
      },
    });
  }

  /** Throws when something is missing, or is not what was announced. */
  finish({ keys, sessions, hash }: StateCounts): Machine {
    if (this.#revision === null) throw new RangeError('the snapshot has no state');
    this.#parts.versions.restored();
    const machine = new Machine({ ...this.#parts, revision: this.#revision });
    if (machine.size !== keys || machine.sessionCount !== sessions) {
      throw new RangeError(`${keys} keys and ${sessions} sessions were announced, others came`);
    }
    if (hash !== null && machine.hash() !== hash) throw new RangeError('the state is another than the one that was announced');
    return machine;
  }

  #checkState(): void {
    if (this.#revision === null) throw new RangeError('the state comes first, and once');
  }
}

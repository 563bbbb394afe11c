/** Answers that several nodes give in the same words, as pages of a log are: what was read of the first is what the others say. */
import type { FrameBounds, Guarded, Reply } from '../wire/guard.ts';
import { readFrame } from '../wire/load-frames.ts';

/** As every node begins an answer. */
const BEGINNING = '{"jsonrpc":"2.0","id":';
const RESULT = ',"result":';
const ID = /^[1-9][0-9]{0,14}$/;
/** Shorter ones are read as quickly as they are found; longer ones are not worth the memory. */
const LEAST_UNITS = 2_048;
const MOST_UNITS = 262_144;
const KEPT = 4;

interface Kept {
  /** All that follows the id. */
  readonly rest: string;
  readonly result: unknown;
}

class SameAnswers {
  #kept: readonly Kept[] = [];

  /** The answer that this is, if what it says was read before: then its result is the very same object. */
  find(text: string): Reply | null {
    const parts = partsOf(text);
    const known = parts === null ? undefined : this.#kept.find(({ rest }) => rest === parts.rest);
    return parts === null || known === undefined ? null : { jsonrpc: '2.0', id: parts.id, result: known.result };
  }

  /** `reply` is what `text` was read to be, and must not be changed by anybody. */
  keep(text: string, reply: Reply): void {
    const parts = partsOf(text);
    if (parts === null || reply.error !== undefined || reply.id !== parts.id) return;
    this.#kept = [{ rest: parts.rest, result: reply.result }, ...this.#kept.slice(0, KEPT - 1)];
  }
}

/** Of all connections: it is different nodes that say the same. */
const sameAnswers = new SameAnswers();
/** Whoever watches a cluster asks all of its nodes for the same rows. */
const REPEATED = 'node.log';

/** The requests of one connection whose answers others may give in the same words. */
export class Repeats {
  readonly #ids = new Set<number>();

  asked(id: number, method: string): void {
    if (method === REPEATED) this.#ids.add(id);
  }

  /** What the frame says, read anew unless it is such an answer that was read before. */
  read(text: string, bounds: FrameBounds): Guarded {
    if (this.#ids.size === 0) return readFrame(text, bounds);
    const known = sameAnswers.find(text);
    if (known !== null) return { type: 'replies', replies: [known] };
    const frame = readFrame(text, bounds);
    const [reply] = frame.type === 'replies' ? frame.replies : [];
    if (reply !== undefined && this.#ids.has(Number(reply.id))) sameAnswers.keep(text, reply);
    return frame;
  }

  over(id: number): void {
    this.#ids.delete(id);
  }
}

function partsOf(text: string): { readonly id: number; readonly rest: string } | null {
  if (text.length < LEAST_UNITS || text.length > MOST_UNITS || !text.startsWith(BEGINNING)) return null;
  const end = text.indexOf(RESULT);
  const id = text.slice(BEGINNING.length, end);
  return end > 0 && ID.test(id) ? { id: Number(id), rest: text.slice(end) } : null;
}

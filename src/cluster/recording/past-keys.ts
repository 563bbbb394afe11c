/** Reading the store as it was: the nodes remember old revisions, and a recording tells which of them was the newest then. */
import { revision } from '../../base/brand.ts';
import { RpcError } from '../../base/errors.ts';
import type { HistoryResult } from '../../kv/key-history.ts';
import type { KvClient, ReadOptions } from '../driver.ts';

/** What can be asked of the past. */
export type PastReads = Pick<KvClient, 'get' | 'range' | 'history'>;

/** Any node may answer first; then it is asked as the caller wished, in what is left of the deadline. */
const FIRST_MS = 1_000;

/** Nothing can be read, and `reason` says why and what to do instead. */
export function noReads(reason: string): PastReads {
  const refuse = (): Promise<never> => Promise.reject(new Error(reason));
  return { get: refuse, range: refuse, history: refuse };
}

/** Reads of `kv` as of the revision `at`, or of an older one that is asked for. */
export function pastReads(kv: PastReads, at: number): PastReads {
  return {
    get: async (key, options = {}) => exactly((each) => kv.get(key, each), asOf(options, at)),
    range: async (query, options = {}) => exactly((each) => kv.range(query, each), asOf(options, at)),
    history: async (key, page = {}, options = {}) => {
      const before = Math.min(page.before ?? at + 1, at + 1);
      const { revision: _, ...rest } = options;
      const ask = async (each: ReadOptions): Promise<HistoryResult> => {
        const found = await kv.history(key, { ...page, before }, each);
        if (found.revision < at) throw new RpcError('INVALID_PARAMS', { detail: `revision ${at} is yet to come on that node` });
        return { ...found, revision: revision(at) };
      };
      return exactly(ask, rest);
    },
  };
}

function asOf(options: ReadOptions, at: number): ReadOptions {
  if (options.revision !== undefined && options.revision > at)
    throw new RpcError('INVALID_PARAMS', { detail: `revision ${options.revision} was yet to come then; the newest was ${at}` });
  return { ...options, revision: options.revision ?? at };
}

/** What one node has applied is committed and never changes, so the first that has got so far answers exactly, also without a majority. */
async function exactly<T>(ask: (options: ReadOptions) => Promise<T>, options: ReadOptions): Promise<T> {
  if (options.node !== undefined) return ask(options);
  try {
    return await ask({ ...options, consistency: 'stale', deadlineMs: Math.min(FIRST_MS, options.deadlineMs ?? FIRST_MS) });
  } catch {
    return ask(options);
  }
}

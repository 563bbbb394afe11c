/** What the nodes' event loops were late for, as `probe.cjs` has noted it inside of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { round } from './load.ts';

type Collections = Readonly<Partial<Record<'minor' | 'major' | 'incremental' | 'weak' | 'other', number>>>;

interface Late {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds, as all that follows: of these on a processor, waiting for one, collecting garbage (by the clock). */
  readonly late: number;
  readonly run: number;
  readonly wait: number;
  readonly gc: Collections;
  /** Pages touched for the first time. */
  readonly faults: number;
}

/**
 * `own`: what is left of a lateness without the time in which the thread was ready and the system gave it no processor. Lateness of less
 * than 15 ms is not noted.
 */
export interface Stalls {
  readonly over50: { readonly late: number; readonly own: number };
  readonly longestMs: { readonly late: number; readonly own: number };
  readonly sumMs: { readonly late: number; readonly run: number; readonly wait: number; readonly gc: Collections };
  readonly longest: Late | null;
  readonly longestOwn: Late | null;
}

const ownOf = ({ late, wait }: Late): number => Math.max(0, late - wait);

/** By node. */
export function stallsSince(dir: string, since: number): Readonly<Record<string, Stalls>> {
  const files = readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  return Object.fromEntries(files.map((name) => [basename(name, '.jsonl'), summary(read(join(dir, name), since))]));
}

function read(path: string, since: number): readonly Late[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line): Late => JSON.parse(line)).filter(({ at }) => at >= since);
}

function summary(all: readonly Late[]): Stalls {
  const sum = (of: (each: Late) => number): number => Math.round(all.reduce((total, each) => total + of(each), 0));
  const most = (of: (each: Late) => number): Late | null =>
    all.reduce<Late | null>((worst, each) => (worst === null || of(each) > of(worst) ? each : worst), null);
  const [longest, longestOwn] = [most(({ late }) => late), most(ownOf)];
  const kinds = [...new Set(all.flatMap(({ gc }) => Object.keys(gc)))] as (keyof Collections)[];
  return {
    over50: { late: all.filter(({ late }) => late > 50).length, own: all.filter((each) => ownOf(each) > 50).length },
    longestMs: { late: round(longest?.late ?? 0), own: round(longestOwn === null ? 0 : ownOf(longestOwn)) },
    sumMs: {
      late: sum(({ late }) => late),
      run: sum(({ run }) => run),
      wait: sum(({ wait }) => wait),
      gc: Object.fromEntries(kinds.map((kind) => [kind, sum(({ gc }) => gc[kind] ?? 0)])),
    },
    longest,
    longestOwn,
  };
}

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
  /** What a hypervisor took of all processors together, about then. */
  readonly stolen: number;
}

/**
 * `own`: what is left of a lateness without the time in which the thread was ready and the system gave it no processor; `left`: what is
 * left of that without what a hypervisor took. Lateness of less than 15 ms is not noted.
 */
export interface Stalls {
  readonly over50: { readonly late: number; readonly own: number; readonly left: number };
  readonly longestMs: { readonly late: number; readonly own: number; readonly left: number };
  readonly sumMs: { readonly late: number; readonly run: number; readonly wait: number; readonly gc: Collections };
  readonly longest: Late | null;
  readonly longestLeft: Late | null;
}

const lateOf = ({ late }: Late): number => late;
const ownOf = ({ late, wait }: Late): number => Math.max(0, late - wait);
const leftOf = (each: Late): number => Math.max(0, ownOf(each) - each.stolen);

/** By node; `since` says for each from when on, in milliseconds since 1970. */
export function stallsSince(dir: string, since: (id: string) => number): Readonly<Record<string, Stalls>> {
  const ids = readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => basename(name, '.jsonl'));
  return Object.fromEntries(ids.map((id) => [id, summary(read(join(dir, `${id}.jsonl`), since(id)))]));
}

function read(path: string, since: number): readonly Late[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line): Late => JSON.parse(line)).filter(({ at }) => at >= since);
}

function summary(all: readonly Late[]): Stalls {
  const sum = (of: (each: Late) => number): number => Math.round(all.reduce((total, each) => total + of(each), 0));
  const over50 = (of: (each: Late) => number): number => all.filter((each) => of(each) > 50).length;
  const most = (of: (each: Late) => number): Late | null =>
    all.reduce<Late | null>((worst, each) => (worst === null || of(each) > of(worst) ? each : worst), null);
  const longest = (of: (each: Late) => number): number => round(Math.max(0, ...all.map(of)));
  const kinds = [...new Set(all.flatMap(({ gc }) => Object.keys(gc)))] as (keyof Collections)[];
  return {
    over50: { late: over50(lateOf), own: over50(ownOf), left: over50(leftOf) },
    longestMs: { late: longest(lateOf), own: longest(ownOf), left: longest(leftOf) },
    sumMs: {
      late: sum(lateOf),
      run: sum(({ run }) => run),
      wait: sum(({ wait }) => wait),
      gc: Object.fromEntries(kinds.map((kind) => [kind, sum(({ gc }) => gc[kind] ?? 0)])),
    },
    longest: most(lateOf),
    longestLeft: most(leftOf),
  };
}

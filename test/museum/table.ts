/** The museum's table, for people and for programs. */
import type { Bug, Catcher } from './bug.ts';
import type { Verdict } from './verdict.ts';

const WIDTHS = [29, 46, 8] as const;

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, place) => cell.padEnd(WIDTHS[place] ?? 0))
    .join('  ')
    .trimEnd();

export function heading(): string {
  return line(['BUG', 'SOURCE', 'SEEDS', 'CAUGHT BY']);
}

/** One bug's line; null is the control, of which only a failure is worth one. */
export function row(bug: Bug | null, verdict: Verdict): string {
  if (bug === null) return line(['control', 'the code as it is', '', `FAILS: ${verdict.how}`]);
  return line([
    bug.name,
    bug.source,
    seedsWords(bug.caught, verdict),
    verdict.caught ? howWords(verdict.how) : `NOT CAUGHT: ${verdict.how}`,
  ]);
}

export function jsonRow(bug: Bug | null, verdict: Verdict): string {
  const { name = 'control', title = null, source = null } = bug ?? {};
  return JSON.stringify({ name, title, source, by: bug?.caught.by ?? null, ...verdict });
}

export function summary(verdicts: ReadonlyMap<Bug, Verdict>, control: Verdict | null): string {
  const caught = [...verdicts.values()].filter((verdict) => verdict.caught).length;
  const counts = new Map<string, number>();
  for (const [bug, verdict] of verdicts) {
    const catcher = catcherWords(bug.caught, verdict);
    if (verdict.caught) counts.set(catcher, (counts.get(catcher) ?? 0) + 1);
  }
  const words = control === null ? [] : [control.caught ? 'the control fails' : `the control passes (${control.seeds} seeds)`];
  const fell = [...verdicts]
    .filter(([bug, verdict]) => verdict.caught && isMoved(bug.caught, verdict))
    .map(([{ name }, { seed }]) => `${name}: ${seed}`);
  const moved = fell.length === 0 ? [] : [`caught by another seed than remembered: ${fell.join(', ')}`];
  const by = ['seeds', 'scenarios', 'tests'].map((what) => `${counts.get(what) ?? 0} by ${what}`).join(', ');
  return [...words, ...moved, `${caught} caught (${by}), ${verdicts.size - caught} not caught`].join('\n');
}

/** Seeds, scenarios or tests: who caught it this time. */
function catcherWords(catcher: Catcher, { seed }: Verdict): string {
  if (catcher.by === 'test') return 'tests';
  return seed === null ? 'scenarios' : 'seeds';
}

/** How many a search from seed 1 needs: the remembered seed is the first that catches. */
function seedsWords(catcher: Catcher, { caught, seed }: Verdict): string {
  if (catcher.by !== 'simulation') return catcher.by;
  if (seed !== null) return String(seed);
  return caught ? 'scenario' : '-';
}

function isMoved(catcher: Catcher, { seed }: Verdict): boolean {
  return catcher.by === 'simulation' && seed !== catcher.seed;
}

/** The promise without its details. */
function howWords(how: string): string {
  const promise = how.split(': {')[0]?.split(': [')[0] ?? how;
  return promise.length > 70 ? `${promise.slice(0, 69)}…` : promise;
}

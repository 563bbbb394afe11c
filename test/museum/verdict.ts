/** What came of one exhibit. */
export interface Verdict {
  readonly caught: boolean;
  /** Simulated by this run; null when the simulation had no part in it. */
  readonly seeds: number | null;
  /** The one that caught it. */
  readonly seed: number | null;
  /** The broken promise, the failed test, or why there is none. */
  readonly how: string;
}

/** What an exhibit's process prints. */
export type ExhibitLine = { readonly type: 'progress'; readonly seeds: number } | ({ readonly type: 'verdict' } & Verdict);

export function isExhibitLine(value: unknown): value is ExhibitLine {
  return (
    typeof value === 'object' && value !== null && 'type' in value && (value.type === 'progress' || value.type === 'verdict')
  );
}

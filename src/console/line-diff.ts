/** What changed between two texts of a few hundred lines: a longest common subsequence. */
export interface DiffLine<T> {
  readonly mark: ' ' | '+' | '-';
  readonly line: T;
}

/** Above this many steps nothing is compared, and all of `after` is shown as it is. */
const MOST_STEPS = 400_000;

export function lineDiff<T>(before: readonly T[], after: readonly T[], textOf: (line: T) => string): readonly DiffLine<T>[] {
  if (before.length * after.length > MOST_STEPS) return after.map((line) => ({ mark: ' ', line }));
  const [a, b] = [before.map(textOf), after.map(textOf)];
  const width = b.length + 1;
  // How many lines two ends have in common.
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const skipped = Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
      common[i * width + j] = a[i] === b[j] ? (common[(i + 1) * width + j + 1] ?? 0) + 1 : skipped;
    }
  }
  const lines: DiffLine<T>[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && fresh !== undefined && a[i] === b[j]) {
      lines.push({ mark: ' ', line: fresh });
      i += 1;
      j += 1;
    } else if (
      old !== undefined &&
      (fresh === undefined || (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      lines.push({ mark: '-', line: old });
      i += 1;
    } else if (fresh !== undefined) {
      lines.push({ mark: '+', line: fresh });
      j += 1;
    }
  }
  return lines;
}

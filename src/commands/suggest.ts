/** Words that were probably meant: at most `most`, nearest first. A typed beginning counts as near. */
export function suggest(typed: string, known: readonly string[], most = 3): readonly string[] {
  const wanted = typed.toLowerCase();
  if (wanted.length === 0) return [];
  const allowed = wanted.length <= 3 ? 1 : wanted.length <= 6 ? 2 : 3;
  return [...new Set(known)]
    .map((word) => ({ word, distance: word.startsWith(wanted) ? 0.5 : editDistance(wanted, word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= allowed && distance < word.length)
    .sort((a, b) => a.distance - b.distance || a.word.localeCompare(b.word, 'en'))
    .slice(0, most)
    .map(({ word }) => word);
}

/** `did you mean put or get?`, or null when nothing is near. `before` stands before each word, as it is to be typed. */
export function didYouMean(typed: string, known: readonly string[], before = ''): string | null {
  const near = suggest(typed, known).map((word) => before + word);
  return near.length === 0 ? null : `did you mean ${near.join(' or ')}?`;
}

/** Insertions, deletions, changes and swaps of neighbours that turn one word into the other (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  // A word far longer than any command is never a misspelt command, and the table below is quadratic.
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return Math.max(a.length, b.length);
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, at(i - 2, j - 2) + 1);
      row.push(best);
    }
  }
  return at(a.length, b.length);
}

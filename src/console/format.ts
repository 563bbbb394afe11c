/** Numbers for people, short and of a steady width. */

/** A duration that was measured: `<1ms`, `2ms`, `1.2s`. */
export function msText(ms: number): string {
  if (ms < 1) return '<1ms';
  return ms < 1_000 ? `${Math.round(ms)}ms` : `${(ms / 1_000).toFixed(1)}s`;
}

/** `512 B`, `1.2 KiB`, `61 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  let size = bytes / 1_024;
  for (const unit of ['KiB', 'MiB', 'GiB']) {
    if (size < 1_024 || unit === 'GiB') return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
    size /= 1_024;
  }
  return `${bytes} B`;
}

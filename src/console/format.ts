/** Numbers for people, short and of a steady width. */

/** Since when: `14s`, `3m 05s`, `2h 10m`, `4d 3h`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

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

/** `128,000`. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `12:04:31.220`, in the time zone of this terminal. */
export function timeText(wall: number, withMillis = true): string {
  const date = new Date(wall);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMillis ? `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}` : clock;
}

/** `n1, n2 and n3`. */
export function listText(items: readonly string[], last = 'and'): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1) ?? ''}`;
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : many}`;
}

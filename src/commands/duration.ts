import { UsageError } from './command.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 24 * 3_600_000;

/** `500ms`, `10s`, `1.5m`, `2h` as milliseconds; a number alone is in milliseconds. Throws UsageError. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const amount = match?.[1];
  if (amount === undefined) throw new UsageError(`"${text}" is not a duration`, { next: 'write it as 500ms, 10s or 2m' });
  const ms = Number(amount) * (UNIT_MS[match?.[2] ?? 'ms'] ?? 1);
  if (ms > LONGEST_MS) throw new UsageError(`"${text}" is too long`, { next: 'the longest duration is 24h' });
  return Math.round(ms);
}

/** `80ms..120ms`, `80..120ms` or one duration: the least and the most, in milliseconds. Throws UsageError. */
export function parseDurationRange(text: string): readonly [number, number] {
  const dots = text.indexOf('..');
  if (dots < 0) {
    const ms = parseDuration(text);
    return [ms, ms];
  }
  const high = text.slice(dots + 2);
  const unit = /[a-z]+$/.exec(high)?.[0] ?? '';
  const low = text.slice(0, dots);
  const least = parseDuration(/\d$/.test(low) ? `${low}${unit}` : low);
  const most = parseDuration(high);
  if (most < least)
    throw new UsageError(`"${text}" ends before it begins`, { next: 'write the smaller duration first: 80ms..120ms' });
  return [least, most];
}

/** The shortest form that reads back as the same number: 500ms, 10s, 2m. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  if (ms > 0 && ms % 1_000 === 0) return `${ms / 1_000}s`;
  return `${ms}ms`;
}

/** A measured time for people: 0.4 ms, 41 ms, 1.24 s, 2m 05s. */
export function formatElapsed(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}

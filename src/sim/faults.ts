/** Faults as data: what breaks, where, when, and for how long. A schedule is a list of them, and any part of it is one too. */
import type { NodeId } from '../base/brand.ts';
import type { Span } from './disk.ts';

/** Whoever leads when the fault comes, or a node by name. */
export type Target = NodeId | 'leader';

export type FaultAction =
  /** kill -9; the peers see their connections close. */
  | { readonly kind: 'crash'; readonly node: Target; readonly downMs: number }
  /** The process ends just before the step of its disk that comes after `steps` more on the files that `file` names. */
  | {
      readonly kind: 'crash-point';
      readonly node: Target;
      readonly file: 'any' | 'log' | 'vote' | 'snapshot';
      readonly steps: number;
      readonly power: boolean;
      readonly downMs: number;
    }
  /** Nobody sees a connection close; what was not synced is there in part, or not at all. */
  | { readonly kind: 'power-loss'; readonly nodes: readonly NodeId[]; readonly downMs: number }
  | { readonly kind: 'pause'; readonly node: Target; readonly forMs: number }
  /** With a slow clock, a leader that is cut off believes in itself for longer than the others do. */
  | { readonly kind: 'isolate'; readonly node: Target; readonly clockRate: number; readonly forMs: number }
  /** A node in two groups is a bridge. */
  | { readonly kind: 'partition' | 'bridge'; readonly groups: readonly (readonly NodeId[])[]; readonly forMs: number }
  /** What `node` sends is lost, or what it is sent. */
  | { readonly kind: 'one-way'; readonly node: Target; readonly direction: 'out' | 'in'; readonly forMs: number }
  | { readonly kind: 'one-link'; readonly from: NodeId; readonly to: NodeId; readonly forMs: number }
  | { readonly kind: 'loss' | 'duplication'; readonly probability: number; readonly forMs: number }
  /** Late by the same time for all, or each by its own so that messages overtake each other. */
  | { readonly kind: 'delay' | 'reordering'; readonly delayMs: Span; readonly forMs: number }
  | { readonly kind: 'reset'; readonly from: NodeId; readonly to: NodeId }
  | { readonly kind: 'slow-disk'; readonly node: Target; readonly delayMs: Span; readonly forMs: number }
  | { readonly kind: 'hung-disk' | 'full-disk'; readonly node: Target; readonly forMs: number }
  | { readonly kind: 'sync-error' | 'write-error'; readonly node: Target }
  /** Found at the next start, which comes after `downMs`. */
  | {
      readonly kind: 'bit-rot';
      readonly node: NodeId;
      readonly file: 'log' | 'vote' | 'mark' | 'snapshot';
      readonly place: number;
      readonly bit: number;
      readonly downMs: number;
    }
  | { readonly kind: 'clock-rate'; readonly node: Target; readonly rate: number; readonly forMs: number }
  | { readonly kind: 'clock-jump' | 'clock-leap'; readonly node: Target; readonly byMs: number }
  /** Late copies of some messages, in a later reign perhaps. */
  | { readonly kind: 'echo'; readonly probability: number; readonly delayMs: Span; readonly forMs: number }
  /**
   * Whoever becomes leader meanwhile reaches each other node with probability `reach`, some of them all, and after `reignMs`,
   * or at its first commit, is killed or cut off for `awayMs`: so entries of many terms lie on minorities (Raft figures 7
   * and 8). Candidates meet the same with probability `campaigns`.
   */
  | {
      readonly kind: 'short-reigns';
      readonly reach: number;
      readonly reignMs: Span;
      readonly awayMs: Span;
      readonly crash: boolean;
      readonly untilCommit: boolean;
      readonly campaigns: number;
      readonly forMs: number;
    }
  | { readonly kind: 'transfer'; readonly node: NodeId }
  | { readonly kind: 'campaign'; readonly node: NodeId };

export type FaultKind = FaultAction['kind'];

/** `atMs` of virtual time. */
export type Fault = FaultAction & { readonly atMs: number };

export const FAULT_KINDS = [
  'crash',
  'crash-point',
  'power-loss',
  'pause',
  'isolate',
  'partition',
  'bridge',
  'one-way',
  'one-link',
  'loss',
  'duplication',
  'delay',
  'reordering',
  'reset',
  'slow-disk',
  'hung-disk',
  'full-disk',
  'sync-error',
  'write-error',
  'bit-rot',
  'clock-rate',
  'clock-jump',
  'clock-leap',
  'echo',
  'short-reigns',
  'transfer',
  'campaign',
] as const satisfies readonly FaultKind[];

/** A fault on one line. */
export function faultWords(fault: Fault): string {
  const { atMs, kind, ...detail } = fault;
  const words = Object.entries(detail).map(([name, value]) => `${name} ${valueWords(value)}`);
  return [`${(atMs / 1_000).toFixed(3)} s`, kind, ...words].join('  ');
}

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => (Array.isArray(each) ? each.join(',') : String(each))).join(' / ');
  return typeof value === 'number' ? String(Math.round(value * 1_000) / 1_000) : String(value);
}

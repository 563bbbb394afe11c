import type { NodeId } from '../base/brand.ts';

/**
 * What happens to messages from one node to another. Rules apply on the sending side; where several match, a message
 * must survive each `drop`, the delays add up, and each `duplicate` may copy it.
 */
export interface LinkFault {
  readonly from: NodeId | '*';
  readonly to: NodeId | '*';
  /** Probability in [0, 1] that a message is lost; 1 cuts the link. */
  readonly drop: number;
  /** Extra latency drawn uniformly from [least, most] for each message, so messages may overtake each other. */
  readonly delayMs: readonly [number, number];
  /** Probability in [0, 1] that a message arrives twice. */
  readonly duplicate: number;
  /** Wall-clock milliseconds since 1970 after which the rule no longer applies; null: until healed. */
  readonly until: number | null;
}

/** What goes wrong on a disk; several rules add up. */
export interface DiskEffect {
  /** Extra time drawn uniformly from [least, most] before each change or sync. */
  readonly slowMs: readonly [number, number];
  /** Changes and syncs do not come back until this ends. */
  readonly hang: boolean;
  /** A write that needs more room fails with ENOSPC; zeros written ahead took none, as on a thin volume. */
  readonly full: boolean;
  /** Every operation of this kind fails with EIO. */
  readonly fail: 'write' | 'sync' | null;
}

export interface DiskFault extends DiskEffect {
  readonly node: NodeId | '*';
  /** As for links. */
  readonly until: number | null;
}

/** What a node's clocks do; of several rules the rates multiply and the offsets add up. */
export interface ClockEffect {
  /** Seconds that its monotonic clock counts in a second, 0.5 to 2. */
  readonly rate: number;
  /** Milliseconds that its wall clock is ahead, or behind when negative. */
  readonly offsetMs: number;
}

export interface ClockFault extends ClockEffect {
  readonly node: NodeId | '*';
  /** As for links, by a clock that no fault touches. */
  readonly until: number | null;
}

/** One type for all: typed by a key press, given on a command line, sent over the admin RPC, shown on screen. */
export interface FaultPlan {
  readonly links: readonly LinkFault[];
  readonly disks: readonly DiskFault[];
  readonly clocks: readonly ClockFault[];
}

export const NO_FAULTS: FaultPlan = { links: [], disks: [], clocks: [] };

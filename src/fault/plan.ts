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

/** One type for all: typed by a key press, given on a command line, sent over the admin RPC, shown on screen. */
export interface FaultPlan {
  readonly links: readonly LinkFault[];
}

export const NO_FAULTS: FaultPlan = { links: [] };

/** A fault plan on the wire; the types are those of fault/plan.ts. */
import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { once } from '../base/once.ts';
import { count, nodeIdField } from './fields.ts';

/** More rules than anybody can follow; a node looks at those for links with every message. */
const MOST_LINK_RULES = 256;
const MOST_NODE_RULES = 64;

const nodeOrAll = z.union([nodeIdField, z.literal('*')]);
const probability = z.number().min(0).max(1);
const delay = z.number().min(0).max(60_000);
const span = once(() =>
  z.tuple([delay, delay]).refine(([least, most]) => least <= most, 'the least delay must not exceed the most'),
);
const until = count.nullable();

export const linkFault = once(() =>
  z.strictObject({
    from: nodeOrAll,
    to: nodeOrAll,
    drop: probability,
    delayMs: span(),
    duplicate: probability,
    until,
  }),
);

export const diskFault = once(() =>
  z.strictObject({
    node: nodeOrAll,
    slowMs: span(),
    hang: z.boolean(),
    full: z.boolean(),
    fail: z.enum(['write', 'sync']).nullable(),
    until,
  }),
);

const YEAR_MS = 366 * 86_400_000;

export const clockFault = once(() =>
  z.strictObject({
    node: nodeOrAll,
    rate: z.number().min(LIMITS.clockRateLeast).max(LIMITS.clockRateMost),
    offsetMs: z.int().min(-YEAR_MS).max(YEAR_MS),
    until,
  }),
);

/** Milliseconds of one block of an event loop. */
export const stallField = z.int().min(LIMITS.stallLeastMs).max(LIMITS.stallMostMs);

export const faultPlan = once(() =>
  z
    .strictObject({
      links: z.array(linkFault()).max(MOST_LINK_RULES).default([]),
      disks: z.array(diskFault()).max(MOST_NODE_RULES).default([]),
      clocks: z.array(clockFault()).max(MOST_NODE_RULES).default([]),
    })
    .describe(
      '`links` holds {from, to, drop, delayMs, duplicate, until}: node ids or "*"; probabilities; [least, most] ms; ms since 1970 or null. ' +
        '`disks` holds {node, slowMs, hang, full, fail, until}: [least, most] ms before each change or sync; true: operations do not come back; ' +
        'true: ENOSPC; "write", "sync" or null: EIO. `clocks` holds {node, rate, offsetMs, until}: 0.5 to 2 for the monotonic clock; ms for the wall clock.',
    ),
);

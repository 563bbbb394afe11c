/**
 * What the files in a cluster's folder hold, and the only door here to the library that checks it: whoever makes a new cluster reads none
 * of them, and starts its nodes sooner without.
 */
import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { once } from '../../base/once.ts';
import { clockFault, diskFault, linkFault } from '../../wire/fault-schema.ts';
import { ClusterError } from './cluster-error.ts';
import { MAX_FAULTS, MAX_LINK_RULES, MAX_NODE_RULES, MAX_REPLACED } from './faults/ledger-limits.ts';
import { isClusterName } from './folder/home.ts';

/** `cluster.json`: who the members are and where they listen. */
export const ClusterFile = z.strictObject({
  name: z.string().refine(isClusterName),
  clusterId: z.string().regex(/^[0-9a-f]{32}$/),
  /** Wall-clock milliseconds since 1970. */
  createdAt: z.int().min(0),
  nodes: z
    .array(
      z.strictObject({
        id: z.string().regex(/^n[1-9]$/),
        url: z.url({ protocol: /^ws$/ }),
        port: z.int().min(1).max(65_535),
      }),
    )
    .min(1)
    .max(LIMITS.maxNodes),
  options: z.strictObject({
    /** The first of a row of ports the user asked for; null: free ones were chosen. */
    basePort: z.int().min(1).max(65_535).nullable(),
    heartbeatMs: z.int().min(5).max(10_000).optional(),
    electionMs: z.int().min(20).max(60_000).optional(),
    /** The nodes let their leader serve reads by lease. */
    leaseReads: z.boolean().optional(),
    snapshotEntries: z.int().min(1).optional(),
    historyChanges: z.int().min(0).optional(),
    /** The nodes note what they do to their disks. */
    operationLog: z.boolean().optional(),
  }),
});
export type ClusterFile = z.infer<typeof ClusterFile>;

/** `pid.json`: the process that was last started for a node. */
export const ProcessRecord = z.strictObject({ pid: z.int().min(2), started: z.string().min(1).max(128) });
export type ProcessRecord = z.infer<typeof ProcessRecord>;

const member = z.string().regex(/^n[1-9]$/);

/** `faults.json`. */
export const LedgerFile = once(() =>
  z.strictObject({
    nextId: z.int().min(1),
    rotten: z.array(member).max(9),
    faults: z
      .array(
        z.strictObject({
          id: z.int().min(1),
          kind: z.enum(['kill', 'pause', 'isolate', 'partition', 'link', 'disk', 'clock', 'power-loss']),
          command: z.string().max(512),
          nodes: z.array(member).max(64),
          links: z.array(linkFault()).max(MAX_LINK_RULES),
          disks: z.array(diskFault()).max(MAX_NODE_RULES),
          clocks: z.array(clockFault()).max(MAX_NODE_RULES),
          since: z.int().min(0),
          until: z.int().min(0).nullable(),
          owner: z.string().max(128),
          replaced: z
            .array(
              z.strictObject({
                command: z.string().max(512),
                links: z.array(linkFault()).max(2),
                until: z.int().min(0).nullable(),
              }),
            )
            .max(MAX_REPLACED)
            .optional(),
        }),
      )
      .max(MAX_FAULTS),
  }),
);

/** Decodes JSON from a file of ours. Throws a ClusterError that names the file and the first thing wrong with it. */
export function parseChecked<T>(schema: z.ZodType<T>, text: string, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ClusterError(`${path} is not JSON.`);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  throw new ClusterError(`${path} is damaged at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'unknown'}.`);
}

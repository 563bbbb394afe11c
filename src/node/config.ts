import { z } from 'zod';

/** The file that `raftkv-tui node --config FILE` reads; all paths are absolute or relative to that file. */
export const NodeConfig = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/),
  /** Random, the same on all members: a node of another cluster is refused. */
  clusterId: z.string().regex(/^[0-9a-f]{32}$/),
  clusterName: z.string().min(1).max(64),
  listen: z.strictObject({ host: z.string(), port: z.int().min(1).max(65_535) }),
  /** Needed for any host but loopback. */
  tls: z.strictObject({ certFile: z.string(), keyFile: z.string(), caFile: z.string() }).optional(),
  /** All members, this one included. */
  members: z
    .array(z.strictObject({ id: z.string(), url: z.url({ protocol: /^wss?$/ }) }))
    .min(1)
    .max(9),
  dataDir: z.string(),
  /** 0600 files that hold one bearer token each. */
  tokens: z.strictObject({ client: z.string(), admin: z.string(), peer: z.string() }),
  /** Fault injection over admin RPC; on only for local clusters. */
  faults: z.strictObject({
    enabled: z.boolean(),
    planFile: z.string().nullable(),
    /** Where to note each operation on the disk, for the replay of a power loss; outside of `dataDir`. */
    operationLog: z.string().optional(),
  }),
  /** Entries after which a snapshot is taken; base/limits.ts has the usual number. */
  snapshotEntries: z.int().min(1).optional(),
  /** Revisions that the node remembers, of which it can read the past and tell watchers; base/limits.ts has the usual number. */
  historyChanges: z.int().min(0).max(10_000_000).optional(),
  heartbeatMs: z.int().min(5).max(10_000).optional(),
  electionMs: z.int().min(20).max(60_000).optional(),
  /** Leaders may serve reads by lease, and voters withhold their votes for it. The same at all members. */
  leaseReads: z.boolean().optional(),
});
export type NodeConfig = z.infer<typeof NodeConfig>;

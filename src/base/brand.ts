/** Nominal types for the numbers and names that must never be mixed up. The only casts between them are in this file. */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A member's name, `n1`..`nN` in a local cluster. */
export type NodeId = Brand<string, 'NodeId'>;
/** Raft's logical clock (Raft §5.1); starts at 0, a safe integer. */
export type Term = Brand<number, 'Term'>;
/** A position in the log (Raft §5.3); the first entry has index 1, 0 means "before the first". */
export type LogIndex = Brand<number, 'LogIndex'>;
/** Store-wide version: every change to a key has its own, counted from 1 as in etcd. */
export type Revision = Brand<number, 'Revision'>;
/** A duration or a monotonic time, in milliseconds. */
export type Millis = Brand<number, 'Millis'>;
/** Wall-clock time the leader wrote into an entry: milliseconds since 1970, for people and expiry, never for safety. */
export type ClusterTime = Brand<number, 'ClusterTime'>;

export const nodeId = (name: string): NodeId => name as NodeId;
export const term = (value: number): Term => value as Term;
export const logIndex = (value: number): LogIndex => value as LogIndex;
export const revision = (value: number): Revision => value as Revision;
export const millis = (value: number): Millis => value as Millis;
export const clusterTime = (value: number): ClusterTime => value as ClusterTime;

/** The position `count` (default 1) entries after `index`. */
export const after = (index: LogIndex, count = 1): LogIndex => (index + count) as LogIndex;
/** The position one entry before `index`. */
export const before = (index: LogIndex): LogIndex => (index - 1) as LogIndex;
export const nextTerm = (current: Term): Term => (current + 1) as Term;

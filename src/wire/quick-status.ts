/**
 * The schemas of what a watcher is sent all the time, written out by hand like those of quick-checks.ts, and held against
 * their schemas by the same test: statuses ten times a second from each node, and pages of its log.
 */
import { NODE_NAME } from './fields.ts';

/** Members by name; nothing is known of any. */
type Members = Readonly<Record<string, unknown>>;

const TEXT_LENGTH = 4_096;
const ROLES: ReadonlySet<unknown> = new Set(['follower', 'pre-candidate', 'candidate', 'leader', 'learner']);
const PEER_STATES: ReadonlySet<unknown> = new Set(['probe', 'replicate', 'snapshot']);
const ROW_KINDS: ReadonlySet<unknown> = new Set(['noop', 'command', 'config']);

/** The parameters of a `node.event` that tells a status; null when the schema must be asked. */
export function statusEvent({ topic, node, time, status }: Members): object | null {
  if (topic !== 'status' || !isNode(node) || !isFigure(time)) return null;
  const told = statusOf(status);
  return told === null ? null : { topic, node, time, status: told };
}

/** The result of `node.log`; null when the schema must be asked. */
export function logResult({ rows }: Members): object | null {
  const checked = listOf(rows, 256, rowOf);
  return checked === null ? null : { rows: checked };
}

/** The result of `node.status`; null when the schema must be asked. */
export function statusOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { id, cluster, role, term, votedFor, leader, lastIndex, lastTerm, commitIndex, durableIndex, repairing } = value;
  const { appliedIndex, snapshotIndex, compactedIndex, transferTo, revision, keys, sessions, memoryBytes, uptimeMs } = value;
  if (!isNode(id) || !isText(cluster) || !ROLES.has(role) || !isCount(term)) return null;
  if (!isNodeOrNull(votedFor) || !isNodeOrNull(leader) || !isNodeOrNull(transferTo) || typeof repairing !== 'boolean')
    return null;
  if (!isCount(lastIndex) || !isCount(lastTerm) || !isCount(commitIndex) || !isCount(durableIndex)) return null;
  if (!isCount(appliedIndex) || !isCount(snapshotIndex) || !isCount(compactedIndex) || !isCount(revision)) return null;
  if (!isCount(keys) || !isCount(sessions) || !isCount(memoryBytes) || !isFigure(uptimeMs)) return null;
  const parts = partsOf(value);
  if (parts === null) return null;
  return {
    ...{ id, cluster, role, term, votedFor, leader, lastIndex, lastTerm, commitIndex, durableIndex, repairing },
    ...{ appliedIndex, snapshotIndex, compactedIndex, transferTo, revision, keys, sessions, memoryBytes, uptimeMs },
    ...parts,
  };
}

/** The members of a status that have members. */
function partsOf(status: Members): object | null {
  const configuration = configurationOf(status['configuration']);
  const election = nullOr(status['election'], electionOf);
  const votes = nullOr(status['votes'], votesOf);
  const peers = listOf(status['peers'], 64, peerOf);
  const tail = tailOf(status['tail']);
  if (configuration === null || election === undefined || votes === undefined || peers === null || tail === null) return null;
  const checkpoints = listOf(status['checkpoints'], 16, checkpointOf);
  const links = listOf(status['links'], 64, linkOf);
  const queues = queuesOf(status['queues']);
  const loopDelay = loopDelayOf(status['loopDelay']);
  const sync = syncOf(status['sync']);
  if (checkpoints === null || links === null || queues === null || loopDelay === null || sync === null) return null;
  const parts = { configuration, election, votes, peers, tail, checkpoints, links, queues, loopDelay, sync };
  if (status['processor'] === undefined) return parts;
  const processor = processorOf(status['processor']);
  return processor === null ? null : { ...parts, processor };
}

function rowOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { index, term, kind, time, text, request } = value;
  if (!isCount(index) || !isCount(term) || !ROW_KINDS.has(kind) || !isFigure(time) || !isText(text)) return null;
  const name = nullOr(request, requestOf);
  return name === undefined ? null : { index, term, kind, time, text, request: name };
}

function requestOf({ session, sequence }: Members): object | null {
  return isCount(session) && isCount(sequence) ? { session, sequence } : null;
}

function configurationOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { voters, outgoing, learners } = value;
  return isNodes(voters) && isNodes(outgoing) && isNodes(learners) ? { voters, outgoing, learners } : null;
}

function electionOf({ elapsedMs, timeoutMs }: Members): object | null {
  return isFigure(elapsedMs) && isFigure(timeoutMs) ? { elapsedMs, timeoutMs } : null;
}

function votesOf({ granted, refused }: Members): object | null {
  return isNodes(granted) && isNodes(refused) ? { granted, refused } : null;
}

function peerOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { id, state, matchIndex, nextIndex, inflight, heardAgoMs } = value;
  if (!isNode(id) || !PEER_STATES.has(state) || !isCount(matchIndex) || !isCount(nextIndex) || !isCount(inflight)) return null;
  return heardAgoMs === null || isFigure(heardAgoMs) ? { id, state, matchIndex, nextIndex, inflight, heardAgoMs } : null;
}

function tailOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { first, terms } = value;
  return isCount(first) && Array.isArray(terms) && terms.length <= 1_024 && terms.every(isCount) ? { first, terms } : null;
}

function checkpointOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { index, hash } = value;
  return isCount(index) && isCount(hash) ? { index, hash } : null;
}

function linkOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { peer, connected, rttMs, queuedBytes } = value;
  if (!isNode(peer) || typeof connected !== 'boolean' || !isCount(queuedBytes)) return null;
  return rttMs === null || isFigure(rttMs) ? { peer, connected, rttMs, queuedBytes } : null;
}

function queuesOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { proposals, reads, unsynced } = value;
  return isCount(proposals) && isCount(reads) && isCount(unsynced) ? { proposals, reads, unsynced } : null;
}

function loopDelayOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { p99Ms, maxMs } = value;
  return isFigure(p99Ms) && isFigure(maxMs) ? { p99Ms, maxMs } : null;
}

function syncOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { p50Ms, p99Ms, maxMs, count } = value;
  return isFigure(p50Ms) && isFigure(p99Ms) && isFigure(maxMs) && isCount(count) ? { p50Ms, p99Ms, maxMs, count } : null;
}

function processorOf(value: unknown): object | null {
  if (!isObject(value)) return null;
  const { userMs, systemMs } = value;
  return isFigure(userMs) && isFigure(systemMs) ? { userMs, systemMs } : null;
}

/** All of a list, or null. */
function listOf(value: unknown, most: number, check: (item: unknown) => object | null): readonly object[] | null {
  if (!Array.isArray(value) || value.length > most) return null;
  const checked: object[] = [];
  for (const item of value) {
    const fine = check(item);
    if (fine === null) return null;
    checked.push(fine);
  }
  return checked;
}

/** Undefined for what is neither null nor as it should be. */
function nullOr(value: unknown, check: (members: Members) => object | null): object | null | undefined {
  if (value === null) return null;
  return isObject(value) ? (check(value) ?? undefined) : undefined;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNode(value: unknown): boolean {
  return typeof value === 'string' && NODE_NAME.test(value);
}

function isNodeOrNull(value: unknown): boolean {
  return value === null || isNode(value);
}

function isNodes(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 64 && value.every(isNode);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= TEXT_LENGTH;
}

function isFigure(value: unknown): boolean {
  return Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

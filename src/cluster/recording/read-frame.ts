/** From lines back to pictures. A file is from outside: every line is checked before it is believed. */
import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { once } from '../../base/once.ts';
import { count, nodeIdField, shortText, termField } from '../../wire/fields.ts';
import { memberStatus, raftEvent } from '../../wire/status-schema.ts';
import type { ActiveFault, ClusterEvent, ClusterPicture, FaultKind, NodeView } from '../driver.ts';
import type { Frame, NodeChange } from './frame.ts';
import { recordedChecks } from './recorded-checks.ts';

const time = z.number();
const words = z.string().max(16_384);
/** Kinds that this version does not know are shown by their command. */
const faultKind = z.custom<FaultKind>((value) => typeof value === 'string' && value.length <= 32);

const activeFault = once(
  () =>
    z.object({
      id: count,
      kind: faultKind,
      command: words,
      nodes: z.array(nodeIdField).max(64),
      since: time,
      until: time.nullable(),
      owner: shortText,
      former: z.object({ command: words, until: time.nullable() }).optional(),
    }) satisfies z.ZodType<ActiveFault>,
);

const event = once(() =>
  z
    .object({
      seq: z.int(),
      time,
      node: nodeIdField.nullable(),
      kind: z.enum(['role', 'election', 'vote', 'log', 'process', 'fault', 'request', 'command', 'note']),
      severity: z.enum(['info', 'warn', 'error']),
      text: words,
      fault: count.nullable(),
      raft: raftEvent().optional(),
    })
    .transform(({ raft, ...told }): ClusterEvent => (raft === undefined ? told : { ...told, raft })),
);

const nodeChange = once(
  () =>
    z.object({
      id: nodeIdField,
      url: shortText.optional(),
      pid: z.int().nullable().optional(),
      state: z.enum(['up', 'down', 'paused']).optional(),
      seen: time.nullable().optional(),
      status: z.looseObject({}).nullable().optional(),
    }) satisfies z.ZodType<NodeChange>,
);

const frame = once(
  () =>
    z.object({
      time,
      key: z.literal(true).optional(),
      cluster: z
        .object({
          name: shortText,
          dir: shortText.nullable(),
          leader: nodeIdField.nullable(),
          term: termField,
          order: z.array(nodeIdField).max(64),
        })
        .optional(),
      nodes: z.array(nodeChange()).max(64).optional(),
      faults: z.array(activeFault()).max(1_024).optional(),
      events: z.array(event()).max(LIMITS.eventRing).optional(),
      checks: recordedChecks().optional(),
    }) satisfies z.ZodType<Frame>,
);

/** Throws a SyntaxError or a ZodError for a line that is no frame. */
export function readFrame(line: string): Frame {
  return frame().parse(JSON.parse(line));
}

/**
 * The picture after a frame; `before` is null at a key frame. Times become wall-clock times: `seenAt` of the result is in
 * milliseconds since 1970. Throws a ZodError when a status is not whole.
 */
export function applyFrame(before: ClusterPicture | null, { cluster, nodes = [], faults }: Frame): ClusterPicture {
  const known = new Map<string, NodeView>((before?.nodes ?? []).map((node) => [node.id, node]));
  for (const change of nodes) known.set(change.id, changed(known.get(change.id) ?? null, change));
  const order = cluster?.order ?? before?.nodes.map(({ id }) => id) ?? [];
  return {
    name: cluster?.name ?? before?.name ?? '',
    dir: cluster === undefined ? (before?.dir ?? null) : cluster.dir,
    leader: cluster === undefined ? (before?.leader ?? null) : cluster.leader,
    term: cluster?.term ?? before?.term ?? NO_TERM,
    nodes: order.flatMap((id) => known.get(id) ?? []),
    faults: faults ?? before?.faults ?? [],
  };
}

const NO_TERM = termField.parse(0);

function changed(old: NodeView | null, { id, url, pid, state, seen, status }: NodeChange): NodeView {
  const merged = status === undefined ? (old?.status ?? null) : status === null ? null : { ...old?.status, ...status };
  return {
    id,
    url: url ?? old?.url ?? '',
    pid: pid === undefined ? (old?.pid ?? null) : pid,
    state: state ?? old?.state ?? 'down',
    seenAt: seen === undefined ? (old?.seenAt ?? null) : seen,
    status: status === undefined ? (old?.status ?? null) : merged === null ? null : memberStatus().parse(merged),
  };
}

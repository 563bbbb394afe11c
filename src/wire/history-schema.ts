/** The schemas of keys with their past: versions, and the changes that watchers are told of. */
import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { once } from '../base/once.ts';
import { boundField, clusterTimeField, count, indexField, keyField, positive, revisionField, shortText } from './fields.ts';

/** Results are read with tolerance: members that a later version adds are ignored. */
export const keyValue = once(() =>
  z.object({
    key: z.string(),
    value: z.string(),
    createRevision: revisionField,
    modRevision: revisionField,
    version: positive,
  }),
);

const origin = once(() =>
  z.object({
    index: indexField,
    time: clusterTimeField,
    session: positive.nullable().describe('Null for a write outside of any session.'),
  }),
);
export const keyVersion = once(() =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('put'),
      revision: revisionField,
      kv: keyValue(),
      origin: origin().nullable().describe('The log entry that wrote it; null when only what it wrote is remembered.'),
    }),
    z.object({ type: z.literal('delete'), revision: revisionField, key: z.string(), origin: origin() }),
  ]),
);

const watchId = positive.describe('A number for the watch, of its own on this connection.');

export const watchParams = once(() =>
  z
    .strictObject({
      watch: watchId
        .optional()
        .describe('A number for the watch that is not in use on this connection; absent: the node chooses.'),
      key: keyField.optional().describe('Only this key.'),
      start: boundField.optional().describe('First key, included.'),
      end: boundField.optional().describe('First key no longer included.'),
      prefix: boundField.optional().describe('Only keys that begin with this.'),
      fromRevision: positive.optional().describe('The first revision to be told of; absent: what comes after the answer.'),
      prevKv: z.boolean().optional().describe('Tell also what each change replaced.'),
    })
    .check((context) => {
      const { key, start, end, prefix } = context.value;
      if (key === undefined || (start === undefined && end === undefined && prefix === undefined)) return;
      context.issues.push({ code: 'custom', input: context.value, message: '`key` stands alone' });
    }),
);
export const watchResult = once(() =>
  z.object({
    watch: watchId,
    revision: revisionField.describe('Of the newest change that the node has applied.'),
  }),
);
export const unwatchParams = once(() => z.strictObject({ watch: watchId }));

const prevKv = once(() =>
  keyValue().nullable().optional().describe('Where asked for, and where both fit into a frame; null: there was none.'),
);
const change = once(() =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('put'), revision: revisionField, kv: keyValue(), prevKv: prevKv() }),
    z.object({ type: z.literal('delete'), revision: revisionField, key: z.string(), prevKv: prevKv() }),
  ]),
);
export const watchEvent = once(() =>
  z.object({
    watch: watchId,
    events: z.array(change()).max(LIMITS.watchEvents),
    revision: revisionField.describe('All changes up to this revision have been told, those of this notification included.'),
    ended: z
      .object({
        kind: z.enum(['COMPACTED', 'NO_QUORUM']),
        detail: shortText,
        compactedBelow: count.optional().describe('With COMPACTED: the oldest revision that the node still knows.'),
      })
      .optional()
      .describe('The watch is over: it fell behind what the node remembers, or the node has heard no leader for long.'),
  }),
);

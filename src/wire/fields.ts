/** The schemas of single values that many methods share. */
import { z } from 'zod';
import type { ClusterTime, LogIndex, Millis, NodeId, Revision, Term } from '../base/brand.ts';
import type { ErrorKind } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { exceedsBytes, isWellFormed } from './utf8.ts';

/** A node's name, as the configuration allows it. */
export const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** A checked value gets its brand here, at the door, and nowhere else. */
function branded<Branded>(schema: z.ZodType): z.ZodType<Branded, Branded> {
  return schema as z.ZodType<Branded, Branded>;
}

/** Integers a double holds exactly (RFC 8259 §6), from 0 up. */
export const count = z.int().min(0);
export const positive = z.int().min(1);
/** A measured figure: finite, may have a fraction. */
export const figure = z.number();
export const shortText = z.string().max(4_096);

export const nodeIdField = branded<NodeId>(z.string().regex(NODE_NAME).describe('A node id.'));
export const termField = branded<Term>(count.describe('A Raft term.'));
export const indexField = branded<LogIndex>(count.describe('A position in the log; the first entry has 1.'));
export const revisionField = branded<Revision>(count.describe('A store-wide revision.'));
export const clusterTimeField = branded<ClusterTime>(z.number().describe('Milliseconds since 1970.'));
export const millisField = branded<Millis>(z.number().describe('Milliseconds.'));

type Problem = { readonly kind: ErrorKind; readonly message: string };

function textProblem(text: string, limitBytes: number): Problem | null {
  if (exceedsBytes(text, limitBytes)) return { kind: 'TOO_LARGE', message: `is over ${limitBytes} bytes of UTF-8` };
  if (!isWellFormed(text)) return { kind: 'INVALID_PARAMS', message: 'has a lone surrogate: it is not well-formed Unicode' };
  return null;
}

/** A string of well-formed Unicode within a number of UTF-8 bytes. An oversize one is told apart from a malformed one. */
function boundedText(limitBytes: number) {
  return z.string().check((context) => {
    const problem = textProblem(context.value, limitBytes);
    if (problem === null) return;
    context.issues.push({ code: 'custom', input: context.value, message: problem.message, params: { kind: problem.kind } });
  });
}

export const keyField = boundedText(LIMITS.keyBytes)
  .min(1, 'is empty')
  .describe(`Well-formed Unicode, 1 to ${LIMITS.keyBytes} bytes of UTF-8.`);
/** A place in the order of keys: like a key, but may be empty, which is before all keys. */
export const boundField = boundedText(LIMITS.keyBytes).describe(
  `Well-formed Unicode, up to ${LIMITS.keyBytes} bytes of UTF-8; keys are ordered by their UTF-8 bytes.`,
);
export const valueField = boundedText(LIMITS.valueBytes).describe(
  `Well-formed Unicode, up to ${LIMITS.valueBytes} bytes of UTF-8.`,
);

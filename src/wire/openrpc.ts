/** The OpenRPC document (specification 1.3) of the wire, made from the very schemas that check its frames. */
import { z } from 'zod';
import { ERRORS, type ErrorKind } from '../base/errors.ts';
import { METHODS, type MethodSpec } from './methods.ts';

/** The version of the protocol, not of the program: it grows when something is added. */
export const PROTOCOL_VERSION = '1.0.0';

/** What any call may meet, whatever its method. */
export const COMMON_ERRORS: readonly ErrorKind[] = ['INVALID_PARAMS', 'OVERLOADED', 'SHUTTING_DOWN', 'INTERNAL'];

interface OpenRpcDocument {
  readonly openrpc: string;
  readonly info: object;
  readonly methods: readonly object[];
  readonly components: object;
  readonly [more: string]: unknown;
}

let made: OpenRpcDocument | null = null;

/** Made at the first question, since few ask and every start would pay. */
export function openrpcDocument(): OpenRpcDocument {
  made ??= {
    openrpc: '1.3.2',
    info: {
      title: 'raftkv',
      version: PROTOCOL_VERSION,
      description: 'A Raft-replicated key-value store: JSON-RPC 2.0, text frames over WebSocket, one bearer token per role.',
    },
    methods: Object.entries(METHODS).map(([name, spec]) => describeMethod(name, spec)),
    components: { errors: Object.fromEntries(Object.keys(ERRORS).map((kind) => [kind, describeError(kind as ErrorKind)])) },
  };
  return made;
}

/** A schema as JSON Schema, from the sender's side for parameters and from the reader's for results. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Readonly<Record<string, unknown>> {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return described;
}

function describeMethod(name: string, { params, result, role, summary, errors }: MethodSpec): object {
  const kinds = result === null ? [] : [...new Set([...errors, ...COMMON_ERRORS])];
  return {
    name,
    summary,
    tags: [{ name: role }],
    paramStructure: 'by-name',
    params: describeParams(jsonSchema(params, 'input')),
    ...(result === null ? {} : { result: { name: 'result', schema: jsonSchema(result, 'output') } }),
    errors: kinds.map((kind) => ({ $ref: `#/components/errors/${kind}` })),
  };
}

/** One content descriptor per member; a union of objects has no members of its own and stays one descriptor. */
function describeParams(schema: Readonly<Record<string, unknown>>): readonly object[] {
  const properties = schema['properties'];
  if (typeof properties !== 'object' || properties === null) return [{ name: 'params', required: true, schema }];
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  return Object.entries(properties).map(([name, member]) => ({ name, required: required.has(name), schema: member }));
}

function describeError(kind: ErrorKind): object {
  const { code, message, outcome } = ERRORS[kind];
  return { code, message, data: { kind, outcome } };
}

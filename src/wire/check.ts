/** From unknown data to checked parameters and results: the door between the frames and the rest. */
import type { z } from 'zod';
import { type ErrorKind, RpcError } from '../base/errors.ts';
import { safe } from '../base/safe.ts';
import { METHODS, type MethodName, type ParamsOf, type ResultOf } from './methods.ts';
import { quickParams, quickResult } from './quick-checks.ts';

const DETAIL_LENGTH = 240;

/** Checked parameters, defaults filled in. Throws RpcError INVALID_PARAMS or TOO_LARGE, naming the member at fault. */
export function checkParams<M extends MethodName>(method: M, params: unknown): ParamsOf<M> {
  const quick = quickParams(method, params);
  if (quick !== null) return quick;
  const checked = METHODS[method].params.safeParse(params ?? {});
  if (checked.success) return checked.data as ParamsOf<M>;
  throw refusal(checked.error);
}

/**
 * A checked result, as a client reads it; members it does not know are left out. Throws RpcError INTERNAL (outcome
 * unknown) when a node answered something else.
 */
export function checkResult<M extends MethodName>(method: M, result: unknown): ResultOf<M> {
  const quick = quickResult(method, result);
  if (quick !== null) return quick;
  const checked = METHODS[method].result?.safeParse(result);
  if (checked?.success === true) return checked.data as ResultOf<M>;
  throw new RpcError('INTERNAL', { detail: `The answer to ${method} does not have the agreed form.` });
}

function refusal(error: z.core.$ZodError): RpcError {
  let kind: ErrorKind = 'INVALID_PARAMS';
  let first = error.issues[0];
  for (const issue of error.issues) {
    if (issue.code !== 'custom' || issue.params?.['kind'] !== 'TOO_LARGE') continue;
    kind = 'TOO_LARGE';
    first = issue;
    break;
  }
  const where = first === undefined || first.path.length === 0 ? 'params' : first.path.join('.');
  const text = safe(`${where}: ${first?.message ?? 'does not fit'}`);
  return new RpcError(kind, { detail: text.length > DETAIL_LENGTH ? `${text.slice(0, DETAIL_LENGTH)}…` : text });
}

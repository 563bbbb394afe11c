/** The schemas of the method table are built when they are first used: a start would pay for all of them and needs few. */
import type { z } from 'zod';
import type { ErrorKind } from '../base/errors.ts';
import { once } from '../base/once.ts';

export interface MethodRow<Params, Result, Role> {
  readonly params: Params;
  readonly result: Result;
  readonly role: Role;
  readonly summary: string;
  readonly errors: readonly ErrorKind[];
}

type Plan<Params, Result, Role> = MethodRow<() => Params, Result, Role>;

/** A row of the method table whose schemas are built when they are read. */
export function builtLate<Params extends z.ZodType, Result extends z.ZodType, Role extends string>(
  plan: Plan<Params, () => Result, Role>,
): MethodRow<Params, Result, Role>;
export function builtLate<Params extends z.ZodType, Role extends string>(
  plan: Plan<Params, null, Role>,
): MethodRow<Params, null, Role>;
export function builtLate(
  plan: Plan<z.ZodType, (() => z.ZodType) | null, string>,
): MethodRow<z.ZodType, z.ZodType | null, string> {
  const params = once(plan.params);
  const result = plan.result === null ? null : once(plan.result);
  return {
    ...plan,
    get params() {
      return params();
    },
    get result() {
      return result === null ? null : result();
    },
  };
}

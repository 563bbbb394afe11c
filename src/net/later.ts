/**
 * An answer that comes later, without a promise on its way: the calls that carry the load are answered in the turn that has their
 * answer, and all answers of a turn leave together.
 */
export type Succeed<T = unknown> = (result: T) => void;
/** Given an RpcError, or what a bug of ours threw. */
export type Fail = (error: unknown) => void;

export class Later {
  /** Called once; calls one of the two, once, at once or later. */
  readonly begin: (succeed: Succeed, fail: Fail) => void;

  constructor(begin: (succeed: Succeed, fail: Fail) => void) {
    this.begin = begin;
  }

  promise(): Promise<unknown> {
    return new Promise((resolve, reject) => this.begin(resolve, reject));
  }
}

/** Succeeds with what `make` returns, fails with what it throws. */
export function settle(make: () => unknown, succeed: Succeed, fail: Fail): void {
  let result: unknown;
  try {
    result = make();
  } catch (error) {
    fail(error);
    return;
  }
  succeed(result);
}

/** A broken promise of our own code. The process that meets one prints its state and stops: going on could lose data. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Always on. `detail` is evaluated only when the condition fails. */
export function assert(condition: boolean, message: string, detail?: () => unknown): asserts condition {
  if (condition) return;
  throw new InvariantViolation(detail ? `${message}: ${JSON.stringify(detail())}` : message);
}

/** Ends a `switch` over a union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unreachable: ${JSON.stringify(value)}`);
}

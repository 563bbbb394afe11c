import type { Done } from '../replica/ports.ts';
import type { DoneWith } from './disk.ts';

type Step = (done: Done) => void;

/** One step after the other; stops at the first error and passes it on. */
export function inSequence(steps: readonly Step[], done: Done): void {
  const run = (next: number): void => {
    const step = steps[next];
    if (step === undefined) done(null);
    else step((error) => (error === null ? run(next + 1) : done(error)));
  };
  run(0);
}

/** Goes on with the value, or hands the error to `fail`. */
export function withValue<T>(fail: (error: Error) => void, next: (value: T) => void): DoneWith<T> {
  return (error, value) => {
    if (error === null) next(value);
    else fail(error);
  };
}

/** Collects what `load` finds for each of `names`, in their order. */
export function loadEach<T>(
  names: readonly string[],
  load: (name: string, done: DoneWith<T>) => void,
  done: DoneWith<readonly T[]>,
): void {
  const found: T[] = [];
  const steps = names.map((name): Step => {
    return (next) =>
      load(
        name,
        withValue(next, (value) => {
          found.push(value);
          next(null);
        }),
      );
  });
  inSequence(steps, (error) => (error === null ? done(null, found) : done(error, null)));
}

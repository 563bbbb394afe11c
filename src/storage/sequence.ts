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

/** All steps at once; calls back when the last of them has ended, with the first error. */
export function together(steps: readonly Step[], done: Done): void {
  let [open, first]: [number, Error | null] = [steps.length, null];
  for (const step of steps) {
    step((error) => {
      first ??= error;
      open -= 1;
      if (open === 0) done(first);
    });
  }
}

/** Goes on with the value, or hands the error to `fail`. */
export function withValue<T>(fail: (error: Error) => void, next: (value: T) => void): DoneWith<T> {
  return (error, value) => {
    if (error === null) next(value);
    else fail(error);
  };
}

/** Collects what `load` finds for each of `names`, all of them at once: for a few. */
export function loadTogether<T>(
  names: readonly string[],
  load: (name: string, done: DoneWith<T>) => void,
  done: DoneWith<readonly T[]>,
): void {
  const found: { readonly value: T }[] = [];
  const steps = names.map((name, i): Step => {
    return (next) =>
      load(
        name,
        withValue(next, (value) => {
          found[i] = { value };
          next(null);
        }),
      );
  });
  together(steps, (error) => {
    if (error !== null) return done(error, null);
    const values = found.map(({ value }) => value);
    done(null, values);
  });
}

/** Collects what `load` finds for each of `names`, one after the other. */
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

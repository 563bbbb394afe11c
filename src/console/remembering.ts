/** What is drawn ten times a second and seldom differs is drawn when it does. */
import type { ConsoleState } from './state.ts';

/**
 * The same drawing, which gives its newest answer again while the named parts of the state and all else that it is given are the
 * very same. It sees no other part.
 */
export function remembering<Name extends keyof ConsoleState, More extends readonly unknown[], Drawn>(
  names: readonly Name[],
  draw: (state: Pick<ConsoleState, Name>, ...more: More) => Drawn,
): (state: Pick<ConsoleState, Name>, ...more: More) => Drawn {
  let known: { readonly state: Pick<ConsoleState, Name>; readonly more: More; readonly drawn: Drawn } | null = null;
  return (state, ...more) => {
    const old = known;
    if (old !== null && names.every((name) => state[name] === old.state[name]) && more.every((each, i) => each === old.more[i]))
      return old.drawn;
    const drawn = draw(state, ...more);
    known = { state, more, drawn };
    return drawn;
  };
}

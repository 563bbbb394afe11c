/** The console is loaded when it is needed, or before: half of a start is that. */
type Console = typeof import('./run.tsx');

let loading: Promise<Console> | null = null;

/** The same promise each time: begun early, it is awaited late. */
export function loadConsole(): Promise<Console> {
  loading ??= import('./run.tsx');
  return loading;
}

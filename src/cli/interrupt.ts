/** Ctrl-C for a command that runs: the first one cancels it, so that it can say what is known; a second one kills. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly interrupted: Promise<NodeJS.Signals>;
  readonly done: () => void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export function interruptSignal(): Interrupt {
  const controller = new AbortController();
  const { promise: interrupted, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    resolve(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const done = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  return { signal: controller.signal, interrupted, done };
}

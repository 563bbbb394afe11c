import { flushCompileCache } from 'node:module';

const STARTED_MS = 5_000;

/** For programs that run long: at their end V8 has dropped what only the start had run, which is what the next start needs. */
export function keepCodeOfStart(): void {
  setTimeout(flushCompileCache, STARTED_MS).unref();
}

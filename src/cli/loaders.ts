/** What the commands of argv do, each loaded when it runs: nobody waits for what he does not use. */
import type { Invocation } from './io.ts';

export type Run = (invocation: Invocation) => Promise<number>;

export const LOADERS: Readonly<Record<string, () => Promise<Run>>> = {
  start: async () => (await import('./start.ts')).runStart,
  attach: async () => (await import('./attach.ts')).runAttach,
  node: async () => (await import('./node.ts')).runNodeCommand,
  guard: async () => (await import('./node.ts')).runGuardCommand,
  ls: async () => (await import('./ls.ts')).runLs,
  stop: async () => (await import('./stop.ts')).runStop,
  rm: async () => (await import('./stop.ts')).runRm,
  sh: async () => (await import('./sh.ts')).runSh,
  import: async () => (await import('./import.ts')).runImport,
  export: async () => (await import('./export.ts')).runExport,
  bench: async () => (await import('./bench.ts')).runBench,
  simulate: async () => (await import('./simulate.ts')).runSimulate,
  scenario: async () => (await import('./scenario.ts')).runScenario,
  learn: async () => (await import('./learn.ts')).runLearn,
  torture: async () => (await import('./torture.ts')).runTorture,
  check: async () => (await import('./check.ts')).runCheck,
  replay: async () => (await import('./replay.ts')).runReplay,
  config: async () => (await import('./config.ts')).runConfig,
  completion: async () => (await import('./completion.ts')).runCompletion,
  reset: async () => (await import('./reset.ts')).runReset,
};

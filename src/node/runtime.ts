import { setFlagsFromString } from 'node:v8';

/**
 * Options of Node for a node. V8 would take up to 128 MiB for young objects; with less they are collected as cheaply, and each pause is
 * shorter. It would begin with one, and collect them several times while a node starts.
 */
export const NODE_RUNTIME: readonly string[] = ['--min-semi-space-size=4', '--max-semi-space-size=16'];

/**
 * V8 lets a heap grow to a multiple before it looks for what is dead; half as much again costs no measurable time more. Young objects are
 * collected by this thread alone: where cores are scarce, it would wait for helpers that are given none, for up to 200 ms.
 */
const GARBAGE_SETTINGS = ['--heap-growing-percent=50', '--no-parallel-scavenge'];

/** On a command line the first of them would make V8 refuse the compiled code of Node's own modules: 40 ms of processor time a start. */
export function setGarbageCollection(): void {
  for (const setting of GARBAGE_SETTINGS) setFlagsFromString(setting);
}

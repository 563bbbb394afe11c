/** What a story says of a command's result. How long something took and why it failed may differ from run to run. */
import type { CommandResult } from '../commands/command.ts';
import { type FailureJson, isFailure } from '../commands/failure.ts';

/** Lines for the story; a command that did something and has nothing to tell prints nothing. */
export function answerWords(result: CommandResult, isRead: boolean): readonly string[] {
  const failure = failureIn(result);
  if (failure !== null && isRead) return ['no answer'];
  if (failure !== null) return [failure.outcome === 'unknown' ? 'unknown: it may have happened' : 'refused: it did not happen'];
  return isDeed(result) ? [] : result.lines;
}

/** Why the command could not even be tried; null for one that was, whatever came of it. */
export function refusalOf(result: CommandResult): string | null {
  const failure = failureIn(result);
  if (failure === null || (failure.kind !== 'USAGE' && failure.kind !== 'FAILED')) return null;
  return [failure.message, failure.next].filter((part) => part !== null).join('; ');
}

function failureIn(result: CommandResult): FailureJson['error'] | null {
  return isFailure(result) && hasError(result.json) ? result.json.error : null;
}

function hasError(json: unknown): json is FailureJson {
  return typeof json === 'object' && json !== null && 'error' in json;
}

/** The number of the fault that a command has set. */
export function faultOf({ json }: CommandResult): number | null {
  if (typeof json !== 'object' || json === null || !('fault' in json)) return null;
  return typeof json.fault === 'number' ? json.fault : null;
}

/** Faults and the like say what was done, with numbers of processes and faults. */
function isDeed({ json }: CommandResult): boolean {
  return typeof json === 'object' && json !== null && 'done' in json;
}

/** Errors as results: what is known of the outcome, what to do next, and the exit code. */
import { ERRORS, type ErrorKind, RpcError } from '../base/errors.ts';
import { type CommandResult, type LastFailure, UsageError } from './command.ts';

/** The machine's form of every failure, on stdout with `--json`. */
export interface FailureJson {
  readonly error: {
    readonly kind: ErrorKind | 'USAGE' | 'FAILED';
    readonly outcome: 'definite' | 'unknown';
    readonly message: string;
    readonly next: string | null;
  };
}

const NEXT: Partial<Record<ErrorKind, string>> = {
  NO_QUORUM: 'see status; a majority of nodes must run and reach each other',
  NOT_LEADER: 'see status, or try again in a moment',
  OVERLOADED: 'send less at once, or try again in a moment',
  UNAUTHENTICATED: 'check the token file of the cluster',
  FORBIDDEN: 'this needs the admin token of the cluster',
  STORAGE_FULL: 'free space on the disk of the leader: it goes on by itself',
  COMPACTED: 'ask for a newer revision; history KEY tells how far back the nodes remember a key',
  SHUTTING_DOWN: 'try again in a moment',
};

/** `changes` tells whether the failed command could have changed anything: a read's outcome is never in doubt. */
export function failureOf(error: unknown, changes: boolean): CommandResult {
  if (error instanceof UsageError) return failure('USAGE', 'definite', error.message, error.next, 2);
  if (!(error instanceof RpcError)) {
    return failure('FAILED', 'definite', error instanceof Error ? error.message : String(error), null, 1);
  }
  if (error.outcome === 'unknown' && changes) {
    const told = said(error);
    const message = told.includes('may have been applied') ? told : `${told} It may have been applied, or may be yet.`;
    return failure(
      error.kind,
      'unknown',
      message,
      'read the key before you repeat the write; in a shell, retry asks again and never applies it twice',
      4,
    );
  }
  const outcome = changes ? error.outcome : 'definite';
  const message = error.kind === 'UNKNOWN_OUTCOME' ? 'No answer in time; nothing was changed.' : said(error);
  return failure(error.kind, outcome, message, NEXT[error.kind] ?? null, exitCodeOf(error.kind));
}

export function exitCodeOf(kind: ErrorKind): CommandResult['exit'] {
  if (ERRORS[kind].outcome === 'unknown' || kind === 'NO_QUORUM' || kind === 'NOT_LEADER') return 4;
  if (kind === 'INVALID_PARAMS' || kind === 'TOO_LARGE') return 2;
  return 1;
}

/** A node's own words, with the table's sentence when it only gave a detail. */
function said(error: RpcError): string {
  const { detail } = error.data;
  const general = ERRORS[error.kind].message;
  if (detail === undefined || detail === general) return general;
  return /[.!?]$/.test(detail) ? detail : `${detail}.`;
}

function failure(
  kind: FailureJson['error']['kind'],
  outcome: 'definite' | 'unknown',
  message: string,
  next: string | null,
  exit: CommandResult['exit'],
): CommandResult {
  const prefix = outcome === 'unknown' ? '(unknown)' : '(error)';
  const json: FailureJson = { error: { kind, outcome, message, next } };
  return { lines: [`${prefix} ${message}`, ...(next === null ? [] : [`  ${next}`])], json, exit, prose: true };
}

/** What `why refused` is asked about; null for a result that is no refusal of the cluster. */
export function refusalOf(line: string, result: CommandResult, time: number): LastFailure | null {
  const { json } = result;
  if (typeof json !== 'object' || json === null || !('error' in json)) return null;
  const { error } = json;
  if (typeof error !== 'object' || error === null || !('kind' in error) || !('message' in error)) return null;
  const { kind, message } = error;
  if (typeof kind !== 'string' || !isErrorKind(kind) || typeof message !== 'string') return null;
  return { line, time, kind, message };
}

function isErrorKind(kind: string): kind is ErrorKind {
  return Object.hasOwn(ERRORS, kind);
}

export function isFailure(result: CommandResult): boolean {
  const { json } = result;
  return typeof json === 'object' && json !== null && 'error' in json;
}

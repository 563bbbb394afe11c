/** Something about a local cluster stands in the way. The message names it and the next step; it is safe to show. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

/** The code of a failed system call (`ENOENT`), or null for any other error. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** What an unknown thrown value has to say. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the search asks of the data: states, operations and values are small numbers. */

export const MISFIT = -1;

export interface Model {
  readonly initial: number;
  /** The state after `operation`, or MISFIT when what it was answered is not true in `state`. */
  step(state: number, operation: number): number;
  /** Whether the operation, answered as it was, changes no state at all. */
  isRead(operation: number): boolean;
  /** Values of one key or another have numbers below this. */
  readonly values: number;
  /** The values that the operation saw for certain: one key has at most one, a range several keys. */
  valuesSeen(operation: number): readonly number[];
  /** The value that it leaves behind when it changes its key; null: it changes none. */
  valueWritten(operation: number): number | null;
  /** The value that its key has in `state`; null for a range. */
  valueIn(state: number, operation: number): number | null;
  /** Whether `viewer` may tell the value that `writer` leaves behind from another, or act on it. Never false where it can. */
  mayNotice(viewer: number, writer: number): boolean;
  /** Each key with its value; null: absent. */
  describe(state: number): readonly (readonly [string, string | null])[];
}

/** What is wrong with a story, and where. */
import { UsageError } from '../commands/command.ts';

export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  readonly file: string;
  readonly line: number;
  readonly problem: string;
  /** What to write instead. */
  readonly next: string | null;

  constructor(file: string, line: number, problem: string, next: string | null = null) {
    super(`${file}:${line}: ${problem}${next === null ? '' : `; ${next}`}`);
    this.file = file;
    this.line = line;
    this.problem = problem;
    this.next = next;
  }

  /** Gives a UsageError the line in which it arose. */
  static within<T>(file: string, line: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof UsageError) throw new ScriptError(file, line, error.message, error.next);
      throw error;
    }
  }
}
